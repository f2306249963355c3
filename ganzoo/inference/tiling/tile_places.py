"""Where tiles lie in an image, and how their results become one image.

A network pads an image whose sides are no multiples of its grid, by amounts that follow from the
remainders. Tiles begin at multiples of the grid, and have the image's remainders. So each is padded
as the whole image is, and its pixels lie on the same grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ganzoo.components.data.transforms import Box, Size


@dataclass(frozen=True)
class Extent:
    """A tile along one side of the image.

    start, stop: what the networks are given.
    first, last: where its result counts. Neighbours share what they blend.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """How many pixels the networks are given."""
        return self.stop - self.start


@dataclass(frozen=True)
class TilePlaces:
    """The tiles of an image: every row of tiles with every column.

    overlap: how far a tile reaches into its neighbours. blend: how many pixels are blended
    where two tiles meet; 0 where their results are equal.
    """

    rows: list[Extent]
    columns: list[Extent]
    overlap: int
    blend: int

    @property
    def largest(self) -> Size:
        """The size of the largest tile."""
        return max(row.length for row in self.rows), max(each.length for each in self.columns)

    @property
    def computed(self) -> int:
        """The pixels of all tiles together."""
        return sum(row.length for row in self.rows) * sum(each.length for each in self.columns)


def place_tiles(size: Size, pixels: int, grid: int, overlap: int, blend: int) -> TilePlaces | None:
    """The tiles of at most so many pixels for which the least is computed; None if there are none.

    grid: where a tile may begin. overlap: a multiple of it.
    """
    if pixels <= 0:
        return None
    best: TilePlaces | None = None
    # With fewer columns a tile would be too low: of a very wide image these are very many.
    fewest = math.ceil(size[1] * min(size[0], 2 * overlap + grid) / pixels)
    for count in range(max(1, fewest), size[1] // grid + 2):
        columns = _split(size[1], count, grid, overlap, blend)
        if columns is None:
            break
        tallest = pixels // max(each.length for each in columns)
        rows = _split_into(size[0], tallest, grid, overlap, blend)
        if rows is None:
            continue
        places = TilePlaces(rows, columns, overlap, blend)
        if best is not None and places.computed >= best.computed:
            break
        best = places
    return best


def _split_into(length: int, most: int, grid: int, overlap: int, blend: int) -> list[Extent] | None:
    """The fewest extents of at most `most` pixels."""
    if most >= length:
        return _split(length, 1, grid, overlap, blend)
    inner = (most - length % grid) // grid * grid - 2 * overlap
    if inner < grid:
        return None
    return _split(length, math.ceil((length - 2 * overlap) / inner), grid, overlap, blend)


def _split(length: int, count: int, grid: int, overlap: int, blend: int) -> list[Extent] | None:
    """A side in `count` extents of nearly equal length; None if they would be too short."""
    if count == 1:
        return [Extent(0, length, 0, length)]
    rest = length % grid
    step = math.ceil((length - rest - 2 * overlap) / count / grid) * grid
    if step < grid or step <= blend:
        return None
    starts = list(range(0, length - rest - 2 * overlap, step))
    stops = [*(start + step + 2 * overlap + rest for start in starts[:-1]), length]
    meets = [start + overlap for start in starts[1:]]
    firsts = [0, *(meet - blend // 2 for meet in meets)]
    lasts = [*(meet + blend // 2 for meet in meets), length]
    return [Extent(*each) for each in zip(starts, stops, firsts, lasts, strict=True)]


def weights(extents: list[Extent], index: int) -> Tensor:
    """How much each pixel of a extent's result counts, from its first to its last.

    Where two extents are blended, their weights rise and fall evenly, and add up to 1.
    """
    extent = extents[index]
    values = torch.ones(extent.last - extent.first)
    for number, (one, other) in enumerate(pairwise(extents)):
        shared = one.last - other.first
        ramp = (torch.arange(shared) + 0.5) / max(shared, 1)
        if shared and number + 1 == index:
            values[:shared] = ramp
        if shared and number == index:
            values[-shared:] = 1 - ramp
    return values


def tiles_of(places: TilePlaces, row: int) -> Iterator[tuple[Box, Box, Tensor]]:
    """Of each tile in a row: what the networks are given, where its result counts, and how much.

    That is a box within the tile; its weights are (height, width).
    """
    down = places.rows[row]
    vertical = weights(places.rows, row)
    for index, across in enumerate(places.columns):
        given = (down.start, across.start, down.length, across.length)
        height, width = down.last - down.first, across.last - across.first
        counts = (down.first - down.start, across.first - across.start, height, width)
        yield given, counts, vertical[:, None] * weights(places.columns, index)
