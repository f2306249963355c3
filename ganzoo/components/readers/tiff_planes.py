"""Which pages of a TIFF file are the planes of one stack: those of one size and type."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, NamedTuple

from ganzoo.components.readers.ome_order import ome_order
from ganzoo.components.readers.tiff_box import has_plain_rows

# How many pages are looked at; further ones are not read.
MOST_PAGES = 1 << 17
# Formats of struct, by the type of a tag: bytes, 16, 32 and 64 bits.
NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
SUBFILE, OLD_SUBFILE = 254, 255
# What two planes have in common: width, height, bits, colours, samples and their format.
COMMON = {256: 0, 257: 0, 258: 1, 262: 0, 277: 1, 339: 1}


@dataclass(frozen=True)
class Planes:
    """The planes of a file, in their order.

    pages: the number of each plane's page in the file, from 0.
    stacked: how many planes follow one another without tags of their own, as ImageJ writes them;
        then there is one page.
    others: how many further pages have another size or type; smaller copies are not counted.
    """

    pages: tuple[int, ...]
    stacked: int = 1
    others: int = 0

    @property
    def count(self) -> int:
        """How many planes there are."""
        return len(self.pages) * self.stacked


class _Page(NamedTuple):
    is_reduced: bool
    form: tuple[int, ...]


class _Layout(NamedTuple):
    """How directories are written: the formats of struct that read them."""

    number: str
    entry: str
    next: str
    first: int


def find_planes(opened: Any, file: IO[bytes]) -> Planes:
    """The planes of the first full page's size and type. opened: a `tifffile.TiffFile`."""
    pages = list(islice(_pages(file), MOST_PAGES))
    full = [i for i, page in enumerate(pages) if not page.is_reduced] or [0]
    alike = [i for i in full if pages[i].form == pages[full[0]].form]
    if len(pages) == 1:
        return Planes((0,), _stacked(opened, file))
    order = ome_order(opened.ome_metadata, len(pages)) if opened.is_ome else None
    known = set(alike)
    chosen = [i for i in order or alike if i in known]
    return Planes(tuple(chosen), 1, len(full) - len(chosen))


def _stacked(opened: Any, file: IO[bytes]) -> int:
    """How many planes follow one another without tags of their own."""
    page = opened.pages[0].aspage()
    if not page.is_contiguous or not has_plain_rows(page) or not page.nbytes:
        return 1
    wanted: int = 1
    if opened.is_imagej:
        wanted = int((opened.imagej_metadata or {}).get("images", 1))
    elif opened.is_shaped:
        shape = [int(size) for each in opened.shaped_metadata[:1] for size in each["shape"]]
        wanted = math.prod(shape) // max(1, math.prod(page.shape))
    held: int = (file.seek(0, 2) - page.dataoffsets[0]) // page.nbytes
    return max(1, min(wanted, held))


def _pages(file: IO[bytes]) -> Iterator[_Page]:
    """What the directory of each page says of its form, one after the other."""
    file.seek(0)
    start = file.read(16)
    order = "<" if start[:2] == b"II" else ">"
    layout = _layout(order, is_big=start[2:4] in (b"+\0", b"\0+"))
    offset = struct.unpack_from(layout.next, start, layout.first)[0]
    visited: set[int] = set()
    while offset and offset not in visited:
        visited.add(offset)
        try:
            page, offset = _page(file, offset, layout)
        except struct.error:  # the file ends within the directory
            return
        yield page


def _layout(order: str, is_big: bool) -> _Layout:
    if is_big:
        return _Layout(f"{order}Q", f"{order}HHQ8s", f"{order}Q", 8)
    return _Layout(f"{order}H", f"{order}HHI4s", f"{order}I", 4)


def _page(file: IO[bytes], offset: int, layout: _Layout) -> tuple[_Page, int]:
    """A page, and where the next one's directory is; 0 after the last."""
    file.seek(offset)
    (count,) = _unpack(file, layout.number)
    content = file.read(min(count, 1 << 16) * struct.calcsize(layout.entry))
    (following,) = _unpack(file, layout.next)
    values: dict[int, int] = {}
    for tag, kind, number, value in struct.iter_unpack(layout.entry, content):
        if tag in COMMON or tag in (SUBFILE, OLD_SUBFILE):
            values[tag] = _first(file, layout, kind, number, value)
    reduced = bool(values.get(SUBFILE, 0) & 1) or values.get(OLD_SUBFILE) == 2
    form = tuple(values.get(tag, default) for tag, default in COMMON.items())
    return _Page(reduced, form), following


def _first(file: IO[bytes], layout: _Layout, kind: int, count: int, value: bytes) -> int:
    """The first number of a tag, which stands in the directory if all of them fit."""
    number = layout.next[0] + NUMBERS.get(kind, "H")
    if count * struct.calcsize(number) > len(value):
        file.seek(struct.unpack(layout.next, value)[0])
        return int(_unpack(file, number)[0])
    return int(struct.unpack_from(number, value)[0])


def _unpack(file: IO[bytes], how: str) -> tuple[Any, ...]:
    return struct.unpack(how, file.read(struct.calcsize(how)))
