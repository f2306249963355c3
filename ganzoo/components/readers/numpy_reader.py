"""Arrays of NumPy in `.npy` files, whose header is read by hand, so that nothing is unpickled."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np

from ganzoo.components.data.image_opening import check_values
from ganzoo.components.readers.stored_rows import StoredRows
from ganzoo.interfaces.reader import Box, Header, OpenedImage, Raw, Reader, Values

MAGIC = b"\x93NUMPY"
# How long a header may be: as long as NumPy itself takes from strangers.
LONGEST = 10_000
HEADER = re.compile(
    rb"\{(?=[^{}]*'descr': '([<>|=]?[A-Za-z]\d{0,2})')(?=[^{}]*'fortran_order': (True|False))"
    rb"(?=[^{}]*'shape': \(([\d, ]*)\))[^{}]*\}\s*"
)
# The types that are read: bool, integers and floats.
KINDS = "biuf"
# The last of three sides is that of channels if it is at most so long, or the shortest.
FEW = 4


class NumpyReader(Reader):
    """Reads arrays (height, width), (height, width, channels) and stacks of them.

    Channels come last. The last of three sides is channels if it is at most 4 long, or shorter than
    both others; otherwise the first one is pages (pages, height, width). Four are (pages, height,
    width, channels). One channel is gray and three are RGB; others are bands without colours.
    """

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins like that is an array of NumPy."""
        return start.startswith(MAGIC)

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open an array.

        Raises:
            ValueError: its header is broken, or it is no image or stack of images.
        """
        array = _read_header(file)
        held = file.seek(0, 2) - array.start
        if held < math.prod(array.shape) * array.dtype.itemsize:
            raise ValueError("it ends before its last row")
        header = _header(array)
        if array.by_columns:
            yield OpenedImage(header, lambda page: Raw(_read_columns(file, array, page)))
        else:
            yield OpenedImage(
                header,
                lambda page: Raw(_rows(file, array, page).read()),
                read_region=lambda box, page: _read_box(file, array, box, page),
            )


class StoredArray(NamedTuple):
    """What a file's header says of its array (pages, height, width, channels).

    start: where its values are. by_columns: the first index varies fastest, and not the last.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, int, int, int]
    start: int
    by_columns: bool


def _read_header(file: IO[bytes]) -> StoredArray:
    file.seek(len(MAGIC))
    version = file.read(2)[:1]
    width = {b"\1": 2, b"\2": 4, b"\3": 4}.get(version, 0)
    length = int.from_bytes(file.read(width), "little")
    if not 0 < length <= LONGEST:
        raise ValueError("its header is broken or too long")
    match = HEADER.fullmatch(file.read(length))
    if not match:
        raise ValueError("its header is broken, or its values are no plain numbers")
    dtype = np.dtype(match[1].decode())
    if dtype.kind not in KINDS:
        raise ValueError(f"its values are {dtype}, a type that is not read")
    sides = tuple(int(side) for side in match[3].decode().split(",") if side.strip())
    return StoredArray(dtype, _as_stack(sides), file.tell(), match[2] == b"True")


def _as_stack(sides: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A shape as (pages, height, width, channels)."""
    if 0 in sides or not 2 <= len(sides) <= 4:
        raise ValueError(f"its shape is {sides}; save it as (height, width[, channels])")
    first, *middle, last = sides
    if not middle:
        return 1, first, last, 1
    if len(middle) == 2:
        return first, middle[0], middle[1], last
    has_channels = last <= FEW or last < min(first, middle[0])
    return (1, first, middle[0], last) if has_channels else (first, middle[0], last, 1)


def _header(array: StoredArray) -> Header:
    pages, height, width, channels = array.shape
    kinds: dict[int, Any] = {1: "gray", 3: "rgb"}
    return Header(
        (height, width), kinds.get(channels, "bands"), channels, str(array.dtype.newbyteorder("=")),
        _scale(array.dtype), pages=pages, volume=pages > 1,
    )  # fmt: skip


def _scale(dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """The ends of the type's range, as in TIFF: unknown for signed and for long integers."""
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return 0.0, 2.0 ** (8 * dtype.itemsize) - 1
    return (0.0, 1.0) if dtype.kind in "bf" else None


def _rows(file: IO[bytes], array: StoredArray, page: int) -> StoredRows:
    shape = array.shape[1:]
    size = math.prod(shape) * array.dtype.itemsize
    return StoredRows(file, array.start + page * size, array.dtype, shape)


def _read_box(file: IO[bytes], array: StoredArray, box: Box, page: int) -> Raw:
    return Raw(_rows(file, array, page).read(box))


def _read_columns(file: IO[bytes], array: StoredArray, page: int) -> Values:
    """A page (height, width, channels) of an array whose first index varies fastest."""
    pages, height, width, channels = array.shape
    check_values(height, width, channels * pages)
    file.seek(array.start)
    content = file.read(math.prod(array.shape) * array.dtype.itemsize)
    values = np.frombuffer(content, array.dtype).reshape(array.shape, order="F")[page]
    return np.ascontiguousarray(values, array.dtype.newbyteorder("="))
