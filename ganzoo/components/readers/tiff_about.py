"""What a page of a TIFF says of itself: its EXIF block and its resolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from ganzoo.components.readers.pillow_exif import PREFIX, checked_dpi

ORIENTATION_TAG, UNIT_TAG = 274, 296
X_RESOLUTION, Y_RESOLUTION = 282, 283
EXIF_IFD, GPS_IFD = 34665, 34853
# Who made the picture, with what and when; the other tags are about the file itself.
TEXTS = (271, 272, 306, 315, 33432)
INCHES = {2: 1.0, 3: 2.54}  # of a unit's resolution, as so many pixels an inch
# More does not fit into what other formats hold.
LONGEST = 1 << 16


def exif_of_page(page: Any, file: IO[bytes]) -> bytes:
    """The page's EXIF block as TIFF; b"" where there is none, or it is broken or very long."""
    if not any(tag in page.tags for tag in (*TEXTS, EXIF_IFD, GPS_IFD)):
        return b""
    try:
        return _block(page, file)
    except Exception:  # a broken block raises struct.error, SyntaxError, ValueError ...
        return b""


def _block(page: Any, file: IO[bytes]) -> bytes:
    block = Image.Exif()
    for tag in (*TEXTS, ORIENTATION_TAG):
        if tag in page.tags:
            block[tag] = page.tags.valueof(tag)
    for tag, inner in _inner(page, file):
        block[tag] = inner
    content = block.tobytes().removeprefix(PREFIX)
    return content if len(content) <= LONGEST else b""


def _inner(page: Any, file: IO[bytes]) -> Iterator[tuple[int, dict[int, Any]]]:
    """What Pillow finds in the blocks within the page's tags."""
    stored, is_big = Image.Exif(), page.parent.is_bigtiff
    if is_big and page.parent.byteorder == ">":  # Pillow 13 reads no directory of such files
        return
    stored.endian, stored.bigtiff = page.parent.byteorder, is_big
    stored.load_from_fp(file, page.offset)
    for tag in (EXIF_IFD, GPS_IFD):
        inner = stored.get_ifd(tag)
        if inner:
            yield tag, inner


def dpi_of_page(page: Any) -> tuple[float, float] | None:
    """Pixels an inch, horizontally and vertically, where the page says so."""
    unit = page.tags.valueof(UNIT_TAG, 2)
    inches = INCHES.get(unit, math.nan) if isinstance(unit, int) else math.nan
    across, down = (_number(page, tag) * inches for tag in (X_RESOLUTION, Y_RESOLUTION))
    return checked_dpi(across, down)


def _number(page: Any, tag: int) -> float:
    """The number of a tag, which may be a ratio; NaN for what is neither."""
    value = page.tags.valueof(tag)
    try:
        return value[0] / value[1] if isinstance(value, tuple) else float(value)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return math.nan
