"""The one way to open an image: a regular file, of a known format, of bounded size. No torch."""

from __future__ import annotations

import functools
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageFile

from ganzoo.files.untrusted import UntrustedError, open_plain

# 64 Mpixel are 192 MB as 8-bit RGB; more is a bomb or belongs in tiles.
MAX_PIXELS = 2**26
# How many bands an image of the most pixels may have.
MOST_BANDS = 8
# Pillow's own word on large images, which are opened for their headers alone.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Never all that Pillow knows: EPS would start Ghostscript. JPEG includes MPO.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "GIF")
# What broken files make readers raise, with messages that do not help.
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, struct.error)
# What is raised for files that cannot be opened as images.
UNOPENED = (OSError, SyntaxError, ValueError, UntrustedError)
# The EXIF tag of a file's orientation, and its values that swap rows and columns.
ORIENTATION, SIDEWAYS = 274, (5, 6, 7, 8)


@contextmanager
def open_image(path: Path, formats: Sequence[str] = FORMATS) -> Iterator[ImageFile.ImageFile]:
    """An image file, opened by Pillow; its pixels are read when they are asked for.

    Raises:
        UntrustedError: it is no regular file.
        OSError: it is missing, may not be read, or is in none of these formats.
        Image.DecompressionBombError: it has more than MAX_PIXELS.
    """
    with open_plain(path) as file, open_image_in(file, formats) as image:
        yield image


def upright_size(path: Path) -> tuple[int, int] | None:
    """An image's height and width, turned upright; None where Pillow cannot read them."""
    try:
        with open_image(path) as image:
            sideways = image.getexif().get(ORIENTATION, 1) in SIDEWAYS
            return (image.width, image.height) if sideways else (image.height, image.width)
    except (
        OSError,
        SyntaxError,
        ValueError,
        UntrustedError,
        Image.DecompressionBombError,
        *BROKEN,
    ):
        return None


@contextmanager
def open_image_in(
    file: IO[bytes], formats: Sequence[str] = FORMATS
) -> Iterator[ImageFile.ImageFile]:
    """As `open_image`, of a file that is open already.

    Raises:
        OSError: it is in none of these formats.
        Image.DecompressionBombError: it has more than MAX_PIXELS.
    """
    known = tuple(name for name in formats if name in readable())
    with Image.open(file, formats=known) as image:
        check_pixels(image.height, image.width)
        yield image


def check_pixels(height: int, width: int, times: int = 1) -> None:
    """Refuse an image of too many pixels.

    times: how many times MAX_PIXELS are allowed, where values are counted and not pixels.

    Raises:
        Image.DecompressionBombError: there are too many.
    """
    if height * width > times * MAX_PIXELS:
        raise Image.DecompressionBombError(f"{height} x {width} pixels are too many")


def check_values(height: int, width: int, samples: int) -> None:
    """Refuse an image of too many values, of which a pixel has `samples`.

    Raises:
        Image.DecompressionBombError: there are too many.
    """
    check_pixels(height, width)
    check_pixels(height * samples, width, MOST_BANDS)


@functools.cache
def readable() -> tuple[str, ...]:
    """FORMATS, without those that this build of Pillow lacks."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
