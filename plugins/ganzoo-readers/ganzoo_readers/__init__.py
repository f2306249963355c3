"""Readers of image files for ganzoo: photos of phones (HEIC), DICOM and NIfTI.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a file with one of the suffixes is first read. A reader has no settings, and no recipe
names it: a folder's `.heic` or `.dcm` files are images as soon as this package is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from ganzoo.registry.discovery import Register

GANZOO_API = 2

READERS = {
    "heif": (
        "heif_reader:HeifReader",
        "photos of phones: HEIC and HEIF",
        (".heic", ".heif", ".hif"),
    ),
    "dicom": ("dicom_reader:DicomReader", "DICOM, rescaled to its units", (".dcm", ".dicom")),
    "nifti": ("nifti_reader:NiftiReader", "NIfTI, a page a slice", (".nii", ".nii.gz")),
}


@hookimpl
def register_components(register: Register) -> None:
    """The readers of this package."""
    for name, (target, summary, suffixes) in READERS.items():
        place = f"ganzoo_readers.{target}"
        register("reader", name, place, summary=summary, suffixes=suffixes)
