"""What an image that Pillow opens says of itself: its EXIF block, orientation and resolution."""

from __future__ import annotations

import math

from PIL import ExifTags, Image

ORIENTATION_TAG = 0x0112
# Where Pillow keeps the blocks in which it looks for EXIF tags.
EXIF = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
PREFIX = b"Exif\0\0"


def orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where there is none or the block is broken."""
    if image.info.keys().isdisjoint(EXIF):
        return 1
    try:
        return int(_exif(image).get(ORIENTATION_TAG, 1))
    except Exception:  # a broken block raises struct.error, SyntaxError, ValueError ...
        return 1


def exif_of(image: Image.Image) -> bytes:
    """The EXIF block as TIFF, without `Exif` before it; b"" where there is none."""
    block = image.info.get("exif")
    if not isinstance(block, bytes) and "Raw profile type exif" in image.info:
        try:
            block = _exif(image).tobytes()
        except Exception:  # as in `orientation`
            block = None
    return block.removeprefix(PREFIX) if isinstance(block, bytes) else b""


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    """Pixels an inch, horizontally and vertically, where the file says so."""
    try:
        across, down = map(float, image.info["dpi"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return checked_dpi(across, down)


def checked_dpi(across: float, down: float) -> tuple[float, float] | None:
    """A resolution that a picture may have; None for zero, NaN and the like."""
    usable = all(math.isfinite(each) and 1 <= each <= 1e6 for each in (across, down))
    return (across, down) if usable else None


def is_adobe_rgb(image: Image.Image) -> bool:
    """Whether EXIF says so, by an index of R03 (Exif 2.3, 4.6.6, and DCF 2.0, 3.1)."""
    try:
        return _exif(image).get_ifd(ExifTags.IFD.Interop).get(1) == "R03"
    except Exception:
        return False


def _exif(image: Image.Image) -> Image.Exif:
    """The EXIF block, read through an image without a format.

    Pillow's own PNG image would load its pixels to read the block. Their errors would be lost here,
    and a block behind the pixels would not be read later.
    """
    bare = Image.new("1", (1, 1))
    bare.info = image.info
    return bare.getexif()
