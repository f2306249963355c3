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

from ganzoo.components.data.image_opening import check_pixels, check_values, open_image_in
from ganzoo.components.readers.stream_sizes import STREAMS
from ganzoo.components.readers.tiff_about import dpi_of_page, exif_of_page
from ganzoo.components.readers.tiff_box import check_segments, check_size, has_regions, read_box
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
from ganzoo.components.readers.tiff_planes import Planes, find_planes
from ganzoo.interfaces.reader import Box, Header, OpenedImage, Raw, Reader, Values

# Classic and Big, in either byte order.
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What Pillow's libtiff reads as tifffile does, where the package imagecodecs is missing: images of
# 1 or 8 bits, gray or RGB without further samples.
OF_PILLOW = (2, 3, 4, 5, 7)
MISSING = "needs the package imagecodecs: pip install 'ganzoo-core[tiff]'"
OTHERS = "pages of other sizes or types, which are left out"


class TiffReader(Reader):
    """Reads the full pages of a TIFF, classic or Big, and regions of them.

    Pages of the size and type of the first are counted, in the order of an OME-TIFF's axes; smaller
    copies are not.
    """

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
    # An opened file may have no name.
    opened = tifffile.TiffFile(file, name="image.tif", _multifile=False)
    planes = find_planes(opened, file)
    page = opened.pages[planes.pages[0]].aspage()
    check_page(page)
    header = _header(page, planes, file)
    if not _can_decode(page):
        return _of_pillow(page, file, header, planes)
    check_size(page, file)
    stack = Stack(opened, file, planes, page)
    return OpenedImage(
        header, stack.read, read_region=stack.read_region if has_regions(page) else None
    )


class Stack:
    """The planes of a file, read one by one. first: the first one's page."""

    def __init__(self, opened: Any, file: IO[bytes], planes: Planes, first: Any) -> None:
        self._opened, self._file, self._planes, self._first = opened, file, planes, first

    def read(self, plane: int) -> Raw:
        """The values of a plane, counted from 0."""
        page = self._page(plane)
        check_values(page.imagelength, page.imagewidth, page.samplesperpixel)
        shift = self._shift(plane)
        if shift:
            box = 0, 0, page.imagelength, page.imagewidth
            return _split(page, read_box(page, self._file, box, shift))
        return _split(page, _read_whole(page, self._file))

    def read_region(self, box: Box, plane: int) -> Raw:
        """The values in a box of a plane."""
        page = self._page(plane)
        if not has_regions(page):
            raise ValueError(f"page {plane + 1} is stored in other strips or tiles than the first")
        return _split(page, read_box(page, self._file, box, self._shift(plane)))

    def _page(self, plane: int) -> Any:
        if plane < self._planes.stacked:
            return self._first
        page = self._opened.pages[self._planes.pages[plane]].aspage()
        check_page(page)
        if (page.shaped, page.dtype) != (self._first.shaped, self._first.dtype):
            raise ValueError(f"page {plane + 1} has another size or type than the first")
        return page

    def _shift(self, plane: int) -> int:
        return plane * int(self._first.nbytes) if self._planes.stacked > 1 else 0


def _header(page: Any, planes: Planes, file: IO[bytes]) -> Header:
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
        pages=planes.count,
        left_out=(OTHERS,) if planes.others else (),
        spare=samples.spare,
        samples=page.samplesperpixel,
        exif=exif_of_page(page, file),
        dpi=dpi_of_page(page),
    )


def _can_decode(page: Any) -> bool:
    """Whether tifffile has a decoder for the page."""
    import tifffile

    known = page.compression in tifffile.TIFF.DECOMPRESSORS
    return known and page.predictor in (1, *_predictors(page))


def _predictors(page: Any) -> tuple[int, ...]:
    import tifffile

    return (page.predictor,) if page.predictor in tifffile.TIFF.UNPREDICTORS else ()


def _of_pillow(page: Any, file: IO[bytes], header: Header, planes: Planes) -> OpenedImage:
    """The pages read by Pillow, where the result is known to be right.

    Raises:
        ValueError: elsewhere.
    """
    one = page.samplesperpixel == {"gray": 1, "rgb": 3}.get(header.kind) and not extra_of(page)
    plain = header.is_plain or page.dtype.kind == "b"
    known = page.compression in OF_PILLOW and page.predictor in (1, 2)
    if not (one and plain and known and page.planarconfig == 1):
        raise ValueError(f"its compression, {COMPRESSIONS[page.compression]}, {MISSING}")
    levels = dataclasses.replace(header, dtype="uint8", scale=(0.0, 255.0), inverted=False)
    mode = "L" if header.kind == "gray" else "RGB"
    return OpenedImage(levels, lambda plane: Raw(_by_pillow(file, mode, planes.pages[plane])))


def _by_pillow(file: IO[bytes], mode: str, page: int) -> Values:
    file.seek(0)
    with open_image_in(file, ["TIFF"]) as image:
        image.seek(page)
        check_pixels(image.height, image.width)
        values = np.array(image.convert(mode))
    return values[..., None] if values.ndim == 2 else values


def _read_whole(page: Any, file: IO[bytes]) -> Values:
    """The values (H, W, samples) of a page, as stored."""
    if page.compression in STREAMS:
        return read_box(page, file, (0, 0, page.imagelength, page.imagewidth))
    segments = len(page.dataoffsets) if page.is_contiguous else math.prod(page.chunked)
    check_segments(page, file, range(segments))
    # (planes, depth 1, H, W, samples of a pixel), of which one of planes and samples is 1.
    stored = page.asarray(squeeze=False, maxworkers=1)
    values: Values = np.moveaxis(stored[:, 0], 0, -2).reshape(*stored.shape[2:4], -1)
    return values


def _split(page: Any, values: Values) -> Raw:
    """Values (h, w, samples) as colours, with what is neither behind them, and opacity."""
    if page.photometric == PALETTE:
        return Raw(_looked_up(values[..., 0], page.colormap))
    samples, scale = pixel_layout(page), scale_of(page)
    opacity = samples.opacity
    if opacity is None:
        return Raw(values)
    if scale is None:
        raise ValueError(f"its opacity is {page.dtype}, and it is not known which value is opaque")
    share = (values[..., opacity].astype(np.float32) / scale[1]).clip(0, 1)
    return Raw(np.delete(values, opacity, -1), share)


def _looked_up(indices: Values, colours: NDArray[Any]) -> Values:
    """Indices (H, W) as RGB of 8 bits. A palette has 16 bits, or 8 where a writer was wrong."""
    table = colours.T if colours.max() < 256 else colours.T >> 8
    return np.ascontiguousarray(table.astype(np.uint8)[indices])
