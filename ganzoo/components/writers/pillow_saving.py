"""Images of 8 bits, encoded by Pillow in one piece."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from PIL import Image

from ganzoo.components.writers.strips import join
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm

# An EXIF block has to fit into one segment of a JPEG, behind its length and its name.
EXIF_NAME, LONGEST_EXIF = b"Exif\0\0", 65533 - 6
MOST_DPI = 65535  # of a JPEG


def save_by_pillow(
    file: IO[bytes], name: str, form: ImageForm, strips: Iterable[Values], **settings: Any
) -> None:
    """Write an image in the format of that name; what Pillow has no place for is left out.

    settings: of the format, as `PIL.Image.Image.save` takes them.
    """
    exif = EXIF_NAME + form.exif if 0 < len(form.exif) <= LONGEST_EXIF else b""
    dpi = form.dpi if form.dpi and max(form.dpi) <= MOST_DPI else None
    about = {"icc_profile": form.profile, "exif": exif, "dpi": dpi}
    settings |= {key: value for key, value in about.items() if value}
    Image.fromarray(join(strips)).save(file, name, **settings)
