"""The one way to open an image: a regular file, of a known format, of bounded size. No torch."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageFile

from ganzoo.untrusted import open_plain

# 64 Mpixel are 192 MB as 8-bit RGB; more is a bomb or belongs in tiles.
MAX_PIXELS = 2**26
# Never all that Pillow knows: EPS would start Ghostscript. JPEG includes MPO.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")


@contextmanager
def opened_picture(path: Path, formats: Sequence[str] = FORMATS) -> Iterator[ImageFile.ImageFile]:
    """An image file, opened by Pillow; its pixels are read when they are asked for.

    Raises:
        UntrustedError: it is no regular file.
        OSError: it is missing, may not be read, or is in none of these formats.
        Image.DecompressionBombError: it has more than MAX_PIXELS.
    """
    with open_plain(path) as file, picture_in(file, formats) as image:
        yield image


@contextmanager
def picture_in(file: IO[bytes], formats: Sequence[str] = FORMATS) -> Iterator[ImageFile.ImageFile]:
    """The same of a file that is open.

    Raises:
        OSError: it is in none of these formats.
        Image.DecompressionBombError: it has more than MAX_PIXELS.
    """
    known = tuple(name for name in formats if name in readable())
    with Image.open(file, formats=known) as image:
        check_pixels(image.height, image.width)
        yield image


def check_pixels(height: int, width: int, times: int = 1) -> None:
    """Whether an image may be so large.

    times: how many values a pixel may have, where they are counted instead.

    Raises:
        Image.DecompressionBombError: it may not.
    """
    if height * width > times * MAX_PIXELS:
        raise Image.DecompressionBombError(f"{height} x {width} pixels are too many")


@functools.cache
def readable() -> tuple[str, ...]:
    """FORMATS, less those that this Pillow was built without."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
