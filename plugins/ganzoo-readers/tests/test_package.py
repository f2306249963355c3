"""What ganzoo asks of a plugin, and of a reader: found by suffix, light, and told if it lacks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from ganzoo import testing
from ganzoo.components.data.image_files import list_images, read_image
from ganzoo.components.readers.installed_readers import read_suffixes
from ganzoo.errors import DataError
from nibabel import Nifti1Image
from pydicom.data import get_testdata_file


def test_it_is_light():
    testing.check_light_import(
        "ganzoo_readers", without=("torch", "numpy", "PIL", "pydicom", "nibabel", "pillow_heif")
    )


def test_the_components():
    testing.check_package("ganzoo-readers")


def test_the_readers(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (40, 30, 5), dtype=np.uint8)
    for suffix in (".nii", ".nii.gz"):
        Nifti1Image(array, np.eye(4)).to_filename(tmp_path / f"a{suffix}")
        testing.check_reader("readers.nifti", tmp_path / f"a{suffix}")
    for name in ("CT_small.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm"):
        path = get_testdata_file(name, download=False)
        testing.check_reader("readers.dicom", Path(path))


def test_its_suffixes_are_images(tmp_path):
    assert {".heic", ".heif", ".dcm", ".nii", ".nii.gz"} <= set(read_suffixes())
    for name in ("a.HEIC", "b.dcm", "c.nii", "d.nii.gz", "e.tar.gz", "f.gz", "g.nifti"):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["a.HEIC", "b.dcm", "c.nii", "d.nii.gz"]


@pytest.mark.parametrize("package", ["pydicom", "nibabel", "pillow_heif"])
def test_a_missing_library_is_named(tmp_path, monkeypatch, package):
    heif = (28).to_bytes(4, "big") + b"ftypheic\0\0\0\0mif1heicmiaf" + bytes(40)
    Nifti1Image(np.zeros((4, 5, 6), np.uint8), np.eye(4)).to_filename(tmp_path / "a.nii")
    content = {
        "pydicom": Path(get_testdata_file("MR_small.dcm", download=False)).read_bytes(),
        "nibabel": (tmp_path / "a.nii").read_bytes(),
        "pillow_heif": heif,
    }[package]
    path = tmp_path / {"pydicom": "a.dcm", "nibabel": "b.nii", "pillow_heif": "a.heic"}[package]
    path.write_bytes(content)
    monkeypatch.setitem(sys.modules, package, None)
    name = package.replace("_", "-")
    with pytest.raises(DataError, match=rf"it needs the package {name}: pip install {name}"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".heic", ".dcm", ".nii", ".nii.gz"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 600, b"text, no image" * 60, b"\x1f\x8b\x08" * 200]
)
def test_other_files_of_those_names_are_refused(tmp_path, suffix, content):
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(DataError, match=rf"a{suffix} cannot be read: "):
        read_image(tmp_path / f"a{suffix}")
