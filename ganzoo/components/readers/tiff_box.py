"""Values in a box of a page of a TIFF file, of which only the strips or tiles are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product
from typing import IO, Any, NamedTuple

import numpy as np

from ganzoo.components.readers.stored_rows import StoredRows
from ganzoo.components.readers.stream_sizes import JPEG, stream_size
from ganzoo.interfaces.reader import Box, Values

PLANAR = 2
# How much larger than its pixels a compressed strip or tile may be.
SLACK = 1 << 16
# How many values a strip or tile may have that is decoded for a few of its pixels.
LARGEST = 1 << 26


class Grid(NamedTuple):
    """Segments of a page: tiles, or strips, which are as wide as it is.

    height, width: of a segment. rows, columns: how many there are, in each of `planes`.
    samples: how many values a pixel of a segment has.
    """

    height: int
    width: int
    rows: int
    columns: int
    planes: int
    samples: int


def grid_of(page: Any) -> Grid:
    """The segments of a page that `check_page` accepts."""
    planes = page.samplesperpixel if page.planarconfig == PLANAR else 1
    height = max(1, page.tilelength if page.is_tiled else page.rowsperstrip)
    width = max(1, page.tilewidth if page.is_tiled else page.imagewidth)
    rows, columns = -(-page.imagelength // height), -(-page.imagewidth // width)
    return Grid(height, width, rows, columns, planes, page.samplesperpixel // planes)


def has_regions(page: Any) -> bool:
    """Whether a box of the page is read without decoding much more."""
    grid = grid_of(page)
    segments = grid.planes * grid.rows * grid.columns
    if page.is_lsm or page.is_stk or len(page.dataoffsets) < segments:
        return False
    return has_plain_rows(page) or grid.height * grid.width * grid.samples <= LARGEST


def check_size(page: Any, file: IO[bytes]) -> None:
    """Refuse a page of more pixels than the file can hold, before anything is planned for them.

    Raises:
        ValueError: it ends before them, or its table of segments is too short.
    """
    grid = grid_of(page)
    is_one_block = page.is_contiguous and has_plain_rows(page)
    if is_one_block and page.dataoffsets[0] + page.nbytes > file.seek(0, 2):
        raise ValueError("it ends before its last row")
    is_listed = not (page.is_contiguous or page.is_lsm or page.is_stk)
    if is_listed and len(page.dataoffsets) < grid.planes * grid.rows * grid.columns:
        raise ValueError("parts of it are missing")


def has_plain_rows(page: Any) -> bool:
    """Whether rows stand in the file as they are, so that parts of them can be read."""
    whole = page.dtype is not None and page.bitspersample == 8 * page.dtype.itemsize
    as_is = page.compression == 1 and page.predictor == 1 and page.fillorder == 1
    return whole and as_is and not page.is_tiled


def read_box(page: Any, file: IO[bytes], box: Box, shift: int = 0) -> Values:
    """The values (h, w, samples) in a box of a page, as stored.

    shift: how many bytes further on they are, in a stack whose planes have no tags of their own.

    Raises:
        ValueError: parts of them are missing.
    """
    grid, read = grid_of(page), _read_rows if has_plain_rows(page) else _decode
    values = np.empty((*box[2:], page.samplesperpixel), page.dtype)
    for plane, row, column in _touched(grid, box):
        bands = slice(plane, plane + 1) if grid.planes > 1 else slice(None)
        index = (plane * grid.rows + row) * grid.columns + column
        outer, inner = _overlap(box, row * grid.height, column * grid.width, grid, page)
        values[*outer, bands] = read(page, file, index, inner, shift)
    return values


def _touched(grid: Grid, box: Box) -> Iterator[tuple[int, int, int]]:
    """The planes, rows and columns of the segments that share pixels with a box."""
    top, left, height, width = box
    rows = range(top // grid.height, -(-(top + height) // grid.height))
    columns = range(left // grid.width, -(-(left + width) // grid.width))
    return product(range(grid.planes), rows, columns)


def _overlap(
    box: Box, top: int, left: int, grid: Grid, page: Any
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The pixels that a box and a segment share, counted from the one's corner and the other's."""
    rows = max(top, box[0]), min(top + grid.height, box[0] + box[2], page.imagelength)
    columns = max(left, box[1]), min(left + grid.width, box[1] + box[3], page.imagewidth)
    return (_from(rows, box[0]), _from(columns, box[1])), (_from(rows, top), _from(columns, left))


def _from(ends: tuple[int, int], start: int) -> slice:
    return slice(ends[0] - start, ends[1] - start)


def _read_rows(
    page: Any, file: IO[bytes], index: int, inner: tuple[slice, slice], shift: int
) -> Values:
    """Pixels (h, w, samples) of a strip whose rows are stored as they are."""
    if not page.dataoffsets[index]:
        raise ValueError("parts of it are missing")
    dtype, grid = page.dtype.newbyteorder(page.parent.byteorder), grid_of(page)
    strip = grid.height, page.imagewidth, grid.samples
    rows, columns = inner
    box = rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start
    return StoredRows(file, page.dataoffsets[index] + shift, dtype, strip).read(box)


def _decode(
    page: Any, file: IO[bytes], index: int, inner: tuple[slice, slice], shift: int
) -> Values:
    """Pixels (h, w, samples) of a strip or tile, which is decoded whole."""
    check_segments(page, file, [index])
    file.seek(page.dataoffsets[index])
    content = file.read(page.databytecounts[index])
    _check_stream(page, content)
    tables = {}
    if page.compression == JPEG:
        tables = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
    decoded, _, _ = page.decode(content, index, **tables)
    cut: Values = decoded[0][inner]
    return cut


def _check_stream(page: Any, content: bytes) -> None:
    """Refuse an image within a strip or tile that has more pixels than that."""
    size, grid = stream_size(content, page.compression), grid_of(page)
    if size and math.prod(size) > 2 * grid.height * grid.width + SLACK:
        raise ValueError("a strip or tile of it holds a larger image")


def check_segments(page: Any, file: IO[bytes], indices: Iterable[int]) -> None:
    """Refuse segments that tifffile would fill with zeros, or that would unpack without bounds.

    Raises:
        ValueError: one of them is missing, cut off or too long.
    """
    grid, size = grid_of(page), file.seek(0, 2)
    whole = grid.height * grid.width * grid.samples * page.dtype.itemsize + SLACK
    if page.is_contiguous:
        whole = page.nbytes + SLACK
    offsets, counts = page.dataoffsets, page.databytecounts
    for index in indices:
        if index >= min(len(offsets), len(counts)) or not offsets[index] or not counts[index]:
            raise ValueError("parts of it are missing")
        if offsets[index] + counts[index] > size:
            raise ValueError("it ends before its last row")
        if counts[index] > whole:
            raise ValueError("its strips or tiles are larger than its pixels")
