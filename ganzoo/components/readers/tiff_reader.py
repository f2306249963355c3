"""TIFF files, read as their tags say: types, planes, colours, pages and further bands."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.components.data.image_opening import open_image_in
from ganzoo.components.readers.tiff_page import (
    COMPRESSIONS,
    ICC_TAG,
    ORIENTATION_TAG,
    PALETTE,
    WHITE_IS_ZERO,
    check_page,
    extra_of,
    pixel_layout,
    scale_of,
)
from ganzoo.interfaces.reader import Header, OpenedImage, Raw, Reader, Values

# Classic and Big, in either byte order.
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What Pillow's libtiff reads as tifffile does, where the package imagecodecs is missing: images of
# 1 or 8 bits, gray or RGB without further samples.
OF_PILLOW = (2, 3, 4, 5, 7)
MISSING = "needs the package imagecodecs: pip install 'ganzoo-core[tiff]'"
# How many pages are examined for being smaller copies; for all it would take long.
NEAR = 32
# How much larger than its pixels a compressed strip or tile may be.
SLACK = 1 << 16


class TiffReader(Reader):
    """Reads the first full page of a TIFF, classic or Big."""

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins like that is a TIFF."""
        return start[:4] in MAGIC

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open a TIFF.

        Raises:
            ValueError: it is of a kind that cannot be read right.
            Exception: whatever tifffile raises for a broken file.
        """
        yield _opened(file)


def _opened(file: IO[bytes]) -> OpenedImage:
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters is raised, or checked
    file.seek(0)
    opened = tifffile.TiffFile(file, name="image.tif")  # an opened file may have no name
    count = len(opened.pages)
    first: list[Any] = [opened.pages[i] for i in range(min(count, NEAR))]
    full = [page for page in first if not page.is_reduced]
    page = (full or first)[0].aspage()
    check_page(page)
    pages = count - len(first) + len(full)
    header = _header(page, max(1, pages, _stacked(opened, page)))
    if _can_decode(page):
        return OpenedImage(header, lambda index: _read(page, file))
    return _of_pillow(page, file, header)


def _stacked(opened: Any, page: Any) -> int:
    """How many pages follow one another without tags of their own, as ImageJ writes them."""
    if not (opened.is_imagej or opened.is_shaped):
        return 1
    return int(math.prod(opened.series[0].shape) // max(1, math.prod(page.shape)))


def _header(page: Any, pages: int) -> Header:
    samples, palette = pixel_layout(page), page.photometric == PALETTE
    profile = page.tags.valueof(ICC_TAG)
    return Header(
        (page.imagelength, page.imagewidth),
        samples.kind,
        samples.bands,
        "uint8" if palette else str(page.dtype),
        (0.0, 255.0) if palette else scale_of(page),
        inverted=page.photometric == WHITE_IS_ZERO,
        premultiplied=samples.premultiplied,
        profile=profile if isinstance(profile, bytes) else b"",
        orientation=int(page.tags.valueof(ORIENTATION_TAG, 1)),
        pages=pages,
        left_out=samples.left_out,
    )


def _can_decode(page: Any) -> bool:
    """Whether tifffile has a decoder for the page."""
    import tifffile

    known = page.compression in tifffile.TIFF.DECOMPRESSORS
    return known and page.predictor in (1, *_predictors(page))


def _predictors(page: Any) -> tuple[int, ...]:
    import tifffile

    return (page.predictor,) if page.predictor in tifffile.TIFF.UNPREDICTORS else ()


def _of_pillow(page: Any, file: IO[bytes], header: Header) -> OpenedImage:
    """The page read by Pillow, where the result is known to be right.

    Raises:
        ValueError: elsewhere.
    """
    one = page.samplesperpixel == {"gray": 1, "rgb": 3}.get(header.kind) and not extra_of(page)
    plain = header.is_plain or page.dtype.kind == "b"
    known = page.compression in OF_PILLOW and page.predictor in (1, 2)
    if not (one and plain and known and page.planarconfig == 1):
        raise ValueError(f"its compression, {COMPRESSIONS[page.compression]}, {MISSING}")
    levels = dataclasses.replace(header, dtype="uint8", scale=(0.0, 255.0), inverted=False)
    return OpenedImage(
        levels, lambda index: Raw(_by_pillow(file, "L" if header.kind == "gray" else "RGB"))
    )


def _by_pillow(file: IO[bytes], mode: str) -> Values:
    file.seek(0)
    with open_image_in(file, ["TIFF"]) as image:
        values = np.array(image.convert(mode))
    return values[..., None] if values.ndim == 2 else values


def _read(page: Any, file: IO[bytes]) -> Raw:
    _check_planes(page, file)
    # (planes, depth 1, H, W, samples of a pixel), of which one of planes and samples is 1.
    stored = page.asarray(squeeze=False, maxworkers=1)
    values = np.moveaxis(stored[:, 0], 0, -2).reshape(*stored.shape[2:4], -1)
    if page.photometric == PALETTE:
        return Raw(_looked_up(values[..., 0], page.colormap))
    samples, scale = pixel_layout(page), scale_of(page)
    opacity = samples.opacity
    colours = [i for i in range(values.shape[-1]) if i != opacity][: samples.bands]
    if opacity is None:
        return Raw(values[..., : samples.bands])
    if scale is None:
        raise ValueError(f"its opacity is {page.dtype}, and it is not known which value is opaque")
    share = (values[..., opacity].astype(np.float32) / scale[1]).clip(0, 1)
    return Raw(values[..., colours], share)


def _looked_up(indices: Values, colours: NDArray[Any]) -> Values:
    """Indices (H, W) as RGB of 8 bits. A palette has 16 bits, or 8 where a writer was wrong."""
    table = colours.T if colours.max() < 256 else colours.T >> 8
    return np.ascontiguousarray(table.astype(np.uint8)[indices])


def _check_planes(page: Any, file: IO[bytes]) -> None:
    """Refuse pages that tifffile would fill with zeros, or that would unpack without bounds."""
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
            raise ValueError("its strips or tiles are larger than its pixels")
