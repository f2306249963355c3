"""What the tags of a TIFF's page say, and what of it cannot be read right."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ganzoo.components.data.image_opening import check_pixels
from ganzoo.components.data.raw import Kind

ICC_TAG, ORIENTATION_TAG = 34675, 274
UNSPECIFIED, PREMULTIPLIED, OPACITY = 0, 1, 2
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
JPEG = 7
# Compressions of which the values are what the tags say; tests/test_data_tiff.py tries them.
COMPRESSIONS = {
    **{1: "none", 2: "CCITT RLE", 3: "CCITT group 3", 4: "CCITT group 4", 5: "LZW", 7: "JPEG"},
    **{8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 34926: "Zstandard"},
    **{50000: "Zstandard", 34887: "LERC", 34712: "JPEG 2000", 50001: "WebP", 34927: "WebP"},
    **{50002: "JPEG XL", 52546: "JPEG XL"},
}
# A file may have this many bands of the most pixels, whatever they are.
MOST_BANDS = 8
NO_COLOURS = {8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "a sensor's mosaic"}


class PixelLayout(NamedTuple):
    """What the samples of a pixel are.

    opacity: which sample it is, if the file says of one that it is.
    left_out: what is said of samples beside the colours.
    """

    kind: Kind
    bands: int
    opacity: int | None
    premultiplied: bool
    left_out: tuple[str, ...]


def pixel_layout(page: Any) -> PixelLayout:
    """By the page's photometric and its extra samples.

    Raises:
        ValueError: there are fewer than its colours need.
    """
    kinds: dict[int, tuple[Kind, int]] = {RGB: ("rgb", 3), YCBCR: ("rgb", 3), CMYK: ("cmyk", 4)}
    kind, bands = kinds.get(page.photometric, ("gray", 1))
    if page.samplesperpixel < bands:
        raise ValueError(f"it has {page.samplesperpixel} bands, too few for its colours")
    # PixelLayout of which the file says nothing are of no known kind.
    said = (*extra_of(page), *[UNSPECIFIED] * page.samplesperpixel)
    extra = said[: page.samplesperpixel - bands]
    opacity = [i for i, what in enumerate(extra) if what in (PREMULTIPLIED, OPACITY)][:1]
    spare = len(extra) - len(opacity)
    premultiplied = bool(opacity) and extra[opacity[0]] == PREMULTIPLIED
    place = bands + opacity[0] if opacity else None
    if kind == "gray" and spare:
        return PixelLayout("bands", 1 + spare, place, premultiplied, ())
    return PixelLayout(kind, bands, place, premultiplied, (_spare(spare),) if spare else ())


def extra_of(page: Any) -> tuple[int, ...]:
    """What each sample is that is no colour."""
    return tuple(int(kind) for kind in page.extrasamples)


def _spare(count: int) -> str:
    if count == 1:
        return "a band beside the colours, which is left out"
    return f"{count} bands beside the colours, which are left out"


def scale_of(page: Any) -> tuple[float, float] | None:
    """The least and greatest of the type; of signed and of long integers nobody knows."""
    kind, bits = page.dtype.kind, page.bitspersample
    if kind == "f":
        return 0.0, 1.0
    return (0.0, 2.0**bits - 1) if kind in "ub" and bits <= 16 else None


def check_page(page: Any) -> None:
    """Refuse what would be read wrong."""
    import tifffile

    if not all(isinstance(value, int) and value >= 0 for value in _numbers(page)):
        raise ValueError("its tags are broken")  # a list in a number's place multiplies memory
    check_pixels(math.prod(page.shaped), 1, MOST_BANDS)
    colours = int(page.photometric)
    if page.compression not in COMPRESSIONS:
        raise ValueError(f"its compression, {_name(tifffile.COMPRESSION, page)}, is not read")
    if page.dtype is None or page.dtype.kind == "c" or not isinstance(page.bitspersample, int):
        raise ValueError("its values are of a type that is not read")
    if page.imagedepth > 1:
        raise ValueError(f"it is a volume of {page.imagedepth} layers; save each as an image")
    if colours == YCBCR and page.compression != JPEG:
        raise ValueError("its colours are YCbCr without JPEG; save it as RGB")
    if colours not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR):
        name = NO_COLOURS.get(colours, f"of kind {colours}")
        raise ValueError(f"its colours are {name}; save it as RGB")
    if colours == PALETTE and (page.colormap is None or page.samplesperpixel > 1):
        raise ValueError("its palette is missing, or it has several bands beside one")


def _numbers(page: Any) -> tuple[Any, ...]:
    """What must be numbers, before anything is computed of them."""
    parts = page.rowsperstrip, page.tilewidth, page.tilelength, page.tiledepth
    sizes = page.imagewidth, page.imagelength, page.imagedepth, page.samplesperpixel
    return (*sizes, *parts, page.compression, page.photometric, page.predictor, *page.shaped)


def _name(names: Any, page: Any) -> str:
    try:
        return str(names(page.compression).name)
    except ValueError:
        return str(page.compression)
