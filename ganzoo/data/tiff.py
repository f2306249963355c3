"""TIFF as its tags say: types, planes, photometric, pages, samples beside the colours."""

from __future__ import annotations

import dataclasses
import logging
import math
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganzoo.data.opening import picture_in
from ganzoo.data.raw import Header, Kind, Raw, Source, Values

# Classic and Big, in either byte order.
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
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
# What Pillow's libtiff reads as tifffile does, where the package imagecodecs is missing: images of
# 1 or 8 bits, gray or RGB without further samples.
OF_PILLOW = (2, 3, 4, 5, 7)
MISSING = "needs the package imagecodecs: pip install 'ganzoo-core[tiff]'"
# Compressed, a part of an image may be larger than its pixels, but not by more than this.
SLACK = 1 << 16
NO_COLOURS = {8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "a sensor's mosaic"}


def is_tiff(start: bytes) -> bool:
    """Whether a file that begins like that is a TIFF."""
    return start[:4] in MAGIC


def source(file: IO[bytes]) -> Source:
    """The first full page of a TIFF.

    Raises:
        ValueError: it is of a kind that cannot be read right.
        Exception: whatever tifffile raises for a broken file.
    """
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters is raised, or checked
    file.seek(0)
    opened = tifffile.TiffFile(file, name="image.tif")  # an opened file may have no name
    found: list[Any] = list(opened.pages)
    pages = [page for page in found if not page.is_reduced]
    page = (pages or found)[0].aspage()
    _check_page(page)
    header = _header(page, max(1, len(pages), _stacked(opened, page)))
    if _can_decode(page):
        return Source(header, lambda: _read(page, file))
    return _of_pillow(page, file, header)


def _stacked(opened: Any, page: Any) -> int:
    """How many pages lie behind one another without tags of their own, as ImageJ and others do."""
    if not (opened.is_imagej or opened.is_shaped):
        return 1
    return int(math.prod(opened.series[0].shape) // max(1, math.prod(page.shape)))


def _header(page: Any, pages: int) -> Header:
    samples, palette = _samples(page), page.photometric == PALETTE
    profile = page.tags.valueof(ICC_TAG)
    return Header(
        (page.imagelength, page.imagewidth),
        samples.kind,
        samples.bands,
        "uint8" if palette else str(page.dtype),
        (0.0, 255.0) if palette else _scale(page),
        inverted=page.photometric == WHITE_IS_ZERO,
        premultiplied=samples.premultiplied,
        profile=profile if isinstance(profile, bytes) else b"",
        orientation=int(page.tags.valueof(ORIENTATION_TAG, 1)),
        pages=pages,
        left_out=samples.left_out,
    )


class _Samples(NamedTuple):
    """What the samples of a pixel are.

    opacity: which sample it is, if the file says of one that it is.
    left_out: what is said of samples beside the colours.
    """

    kind: Kind
    bands: int
    opacity: int | None
    premultiplied: bool
    left_out: tuple[str, ...]


def _samples(page: Any) -> _Samples:
    kinds: dict[int, tuple[Kind, int]] = {RGB: ("rgb", 3), YCBCR: ("rgb", 3), CMYK: ("cmyk", 4)}
    kind, bands = kinds.get(page.photometric, ("gray", 1))
    if page.samplesperpixel < bands:
        raise ValueError(f"it has {page.samplesperpixel} bands, too few for its colours")
    # Samples of which the file says nothing are of no known kind.
    said = (*_extra(page), *[UNSPECIFIED] * page.samplesperpixel)
    extra = said[: page.samplesperpixel - bands]
    opacity = [i for i, what in enumerate(extra) if what in (PREMULTIPLIED, OPACITY)][:1]
    spare = len(extra) - len(opacity)
    premultiplied = bool(opacity) and extra[opacity[0]] == PREMULTIPLIED
    place = bands + opacity[0] if opacity else None
    if kind == "gray" and spare:
        return _Samples("bands", 1 + spare, place, premultiplied, ())
    return _Samples(kind, bands, place, premultiplied, (_spare(spare),) if spare else ())


def _extra(page: Any) -> tuple[int, ...]:
    """What each sample is that is no colour."""
    return tuple(int(kind) for kind in page.extrasamples)


def _spare(count: int) -> str:
    if count == 1:
        return "a band beside the colours, which is left out"
    return f"{count} bands beside the colours, which are left out"


def _scale(page: Any) -> tuple[float, float] | None:
    """The least and greatest of the type; of signed and of long integers nobody knows."""
    kind, bits = page.dtype.kind, page.bitspersample
    if kind == "f":
        return 0.0, 1.0
    return (0.0, 2.0**bits - 1) if kind in "ub" and bits <= 16 else None


def _check_page(page: Any) -> None:
    """Refuse what would be read wrong."""
    import tifffile

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


def _name(names: Any, page: Any) -> str:
    try:
        return str(names(page.compression).name)
    except ValueError:
        return str(page.compression)


def _can_decode(page: Any) -> bool:
    """Whether tifffile has what it needs."""
    import tifffile

    known = page.compression in tifffile.TIFF.DECOMPRESSORS
    return known and page.predictor in (1, *_predictors(page))


def _predictors(page: Any) -> tuple[int, ...]:
    import tifffile

    return (page.predictor,) if page.predictor in tifffile.TIFF.UNPREDICTORS else ()


def _of_pillow(page: Any, file: IO[bytes], header: Header) -> Source:
    """The same through Pillow, where that is known to be right.

    Raises:
        ValueError: elsewhere.
    """
    one = page.samplesperpixel == {"gray": 1, "rgb": 3}.get(header.kind) and not _extra(page)
    plain = header.is_plain or page.dtype.kind == "b"
    if not (one and plain and page.planarconfig == 1 and page.compression in OF_PILLOW):
        raise ValueError(f"its compression, {COMPRESSIONS[page.compression]}, {MISSING}")
    levels = dataclasses.replace(header, dtype="uint8", scale=(0.0, 255.0), inverted=False)
    return Source(levels, lambda: Raw(_by_pillow(file, "L" if header.kind == "gray" else "RGB")))


def _by_pillow(file: IO[bytes], mode: str) -> Values:
    file.seek(0)
    with picture_in(file, ["TIFF"]) as image:
        values = np.array(image.convert(mode))
    return values[..., None] if values.ndim == 2 else values


def _read(page: Any, file: IO[bytes]) -> Raw:
    _check_parts(page, file)
    # (planes, depth 1, H, W, samples of a pixel), of which one of planes and samples is 1.
    stored = page.asarray(squeeze=False, maxworkers=1)
    values = np.moveaxis(stored[:, 0], 0, -2).reshape(*stored.shape[2:4], -1)
    if page.photometric == PALETTE:
        return Raw(_looked_up(values[..., 0], page.colormap))
    samples, scale = _samples(page), _scale(page)
    opacity = samples.opacity
    kept = [i for i in range(values.shape[-1]) if i != opacity][: samples.bands]
    if opacity is None:
        return Raw(values[..., : samples.bands])
    if scale is None:
        raise ValueError(f"its opacity is {page.dtype}, of which nobody knows what is opaque")
    share = (values[..., opacity].astype(np.float32) / scale[1]).clip(0, 1)
    return Raw(values[..., kept], share)


def _looked_up(indices: Values, colours: NDArray[Any]) -> Values:
    """(H, W) as RGB of 8 bits; a palette has 16, or 8 by mistake."""
    table = colours.T if colours.max() < 256 else colours.T >> 8
    return np.ascontiguousarray(table.astype(np.uint8)[indices])


def _check_parts(page: Any, file: IO[bytes]) -> None:
    """Refuse what tifffile would fill with zeros, and what would grow without bounds."""
    size = file.seek(0, 2)
    places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    whole = page.nbytes + SLACK
    if not page.is_contiguous and len(places) < math.prod(page.chunked):
        raise ValueError("parts of it are missing")
    for offset, count in places:
        if not offset or not count:
            raise ValueError("parts of it are missing")
        if offset + count > size:
            raise ValueError("it ends before its last row")
        if count > whole:
            raise ValueError("its parts are larger than its pixels")
