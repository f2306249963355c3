"""Images and pictures written as PNG, quickly."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from ganzoo.components.writers.png_chunks import write_chunks
from ganzoo.components.writers.strips import find_colour_obstacle
from ganzoo.files.writing import write_bytes
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm, Writer

LONGEST = 2**31 - 1


class PngWriter(Writer):
    """PNG: gray or RGB of 8 or 16 bits, without loss."""

    def find_obstacle(self, form: ImageForm) -> str:
        """Other channels than 1 or 3, other types than uint8 and uint16, or several pages."""
        if form.dtype not in ("uint8", "uint16"):
            return f"holds 8 or 16 bits a value, and these are {form.dtype}"
        if form.pages > 1:
            return f"holds one page, and these are {form.pages}"
        if max(form.size) > LONGEST:
            return f"holds {LONGEST:,} pixels a side"
        return find_colour_obstacle(form)

    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write it, with its profile, EXIF block and resolution."""
        write_chunks(file, form, strips)


def encode_png(picture: Image.Image) -> bytes:
    """A gray or RGB picture as the content of a PNG file."""
    values = np.asarray(picture).reshape(picture.height, picture.width, -1)
    encoded = BytesIO()
    write_chunks(encoded, ImageForm(values.shape[:2], values.shape[2], "uint8"), [values])
    return encoded.getvalue()


def save_png(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    content = encode_png(picture)
    write_bytes(path, content)
