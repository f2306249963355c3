"""The tags of a page of a TIFF file, and which pages cannot be read."""

from __future__ import annotations

from typing import Any, NamedTuple

from ganzoo.interfaces.reader import Kind

ICC_TAG, ORIENTATION_TAG = 34675, 274
UNSPECIFIED, PREMULTIPLIED, OPACITY = 0, 1, 2
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
JPEG = 7
# Compressions whose values are as the tags say (tests/components/readers/test_tiff_reader.py).
COMPRESSIONS = {
    **{1: "none", 2: "CCITT RLE", 3: "CCITT group 3", 4: "CCITT group 4", 5: "LZW", 7: "JPEG"},
    **{8: "deflate", 32946: "deflate", 32773: "PackBits", 34925: "LZMA", 34926: "Zstandard"},
    **{50000: "Zstandard", 34887: "LERC", 34712: "JPEG 2000", 50001: "WebP", 34927: "WebP"},
    **{50002: "JPEG XL", 52546: "JPEG XL"},
}
NO_COLOURS = {8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "a sensor's mosaic"}


class PixelLayout(NamedTuple):
    """The values of a pixel: which are colours, and which is opacity.

    bands: how many are colours.
    opacity: the index of the opacity, if there is one.
    spare: how many are neither.
    """

    kind: Kind
    bands: int
    opacity: int | None
    premultiplied: bool
    spare: int


def pixel_layout(page: Any) -> PixelLayout:
    """The layout that the page's tags say.

    Raises:
        ValueError: there are fewer than its colours need.
    """
    kinds: dict[int, tuple[Kind, int]] = {RGB: ("rgb", 3), YCBCR: ("rgb", 3), CMYK: ("cmyk", 4)}
    kind, bands = kinds.get(page.photometric, ("gray", 1))
    if page.samplesperpixel < bands:
        raise ValueError(f"it has {page.samplesperpixel} bands, too few for its colours")
    # Values that the tags do not mention are unspecified.
    said = (*extra_of(page), *[UNSPECIFIED] * page.samplesperpixel)
    extra = said[: page.samplesperpixel - bands]
    opacity = [i for i, what in enumerate(extra) if what in (PREMULTIPLIED, OPACITY)][:1]
    spare = len(extra) - len(opacity)
    premultiplied = bool(opacity) and extra[opacity[0]] == PREMULTIPLIED
    place = bands + opacity[0] if opacity else None
    if kind == "gray" and spare:
        return PixelLayout("bands", 1 + spare, place, premultiplied, 0)
    return PixelLayout(kind, bands, place, premultiplied, spare)


def extra_of(page: Any) -> tuple[int, ...]:
    """The kinds of the values that are no colours."""
    return tuple(int(kind) for kind in page.extrasamples)


def scale_of(page: Any) -> tuple[float, float] | None:
    """The ends of the type's range; None for signed and for long integers."""
    kind, bits = page.dtype.kind, page.bitspersample
    if kind == "f":
        return 0.0, 1.0
    return (0.0, 2.0**bits - 1) if kind in "ub" and bits <= 16 else None


def check_page(page: Any) -> None:
    """Refuse a page that would be read wrong."""
    import tifffile

    if not all(isinstance(value, int) and value >= 0 for value in _numbers(page)):
        raise ValueError("its tags are broken")  # a list in place of a number would multiply memory
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
    """The tags that must be numbers before anything is computed from them."""
    strips = page.rowsperstrip, page.tilewidth, page.tilelength, page.tiledepth
    sizes = page.imagewidth, page.imagelength, page.imagedepth, page.samplesperpixel
    return (*sizes, *strips, page.compression, page.photometric, page.predictor, *page.shaped)


def _name(names: Any, page: Any) -> str:
    try:
        return str(names(page.compression).name)
    except ValueError:
        return str(page.compression)
