"""Computes an output in tiles, band by band."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.components.data.transforms import Box, Size, crop
from ganzoo.engine.allocator import release_freed_memory
from ganzoo.inference.tiling.norm_calls import FixedNorms, Moments
from ganzoo.inference.tiling.reach import Run
from ganzoo.inference.tiling.statistics import Patches, SmallImage, choose_patches
from ganzoo.inference.tiling.tile_places import tiles_of
from ganzoo.inference.tiling.tile_plan import TilePlan, margin_of
from ganzoo.interfaces.levels import from_levels

ROWS = 256  # of the image that are read at a time, to make it smaller


@dataclass(frozen=True)
class Source:
    """An image of which regions are read.

    size: (height, width). read: the region (C, h, w) in a box, in [-1, 1].
    """

    size: Size
    read: Callable[[Box], Tensor]


def from_image(image: Tensor) -> Source:
    """An image (C, H, W) in [-1, 1] that stands in memory."""
    return Source((image.shape[-2], image.shape[-1]), partial(crop, image))


def from_regions(size: Size, levels: Callable[[Box], Tensor]) -> Source:
    """An image of which levels (C, h, w) of 0 ... 255 are read."""
    return Source(size, lambda box: from_levels(levels(box)))


class Band(NamedTuple):
    """Finished rows of a result: (C, h, W) in [-1, 1], from the row `top` on."""

    top: int
    values: Tensor


def gather_statistics(
    run: Run, source: Source, plan: TilePlan, done: Callable[[float], None]
) -> list[Moments]:
    """The statistics of the whole image that each norm divides out.

    done: called with how many pixels were computed.
    """
    if not plan.reach.norms:
        return []
    grid, margin = plan.reach.grid, margin_of(plan.reach)
    cells, patches = choose_patches(source.size, plan.patches, grid, margin)
    small = SmallImage(cells)
    image = _shrink(source, plan.smaller)
    with small:
        run(image)
    done(image[0, 0].numel())
    del image
    release_freed_memory()
    images = torch.cat([_read(source, patch.box) for patch in patches])
    estimated = Patches(patches, small.spreads)
    with estimated:
        run(images)
    done(images[:, 0].numel())
    del images
    release_freed_memory()
    return estimated.statistics


def compute_bands(
    run: Run,
    source: Source,
    plan: TilePlan,
    statistics: list[Moments],
    done: Callable[[float], None],
    first: int = 0,
) -> Iterator[Band]:
    """The result from a row of tiles on, band by band, each of one row of tiles.

    done: called with how many pixels of the result are computed.
    """
    rows, blend = plan.places.rows, plan.places.blend
    above: Tensor | None = None
    for number in range(first - 1 if first and blend else first, len(rows)):
        values = _compute_row(run, source, plan, statistics, number, done)
        top = rows[number].first
        if above is not None:
            values[:, : above.shape[1]] += above
        stop = rows[number + 1].first if number + 1 < len(rows) else rows[number].last
        above = values[:, stop - top :] if blend else None
        if number >= first:
            yield Band(top, values[:, : stop - top])


def _compute_row(
    run: Run,
    source: Source,
    plan: TilePlan,
    statistics: list[Moments],
    number: int,
    done: Callable[[float], None],
) -> Tensor:
    """The weighted results of a row of tiles, (C, h, W)."""
    places, columns = plan.places, plan.places.columns
    rows = places.rows[number].last - places.rows[number].first
    total = _make_band(plan.reach.channels, rows, source.size[1])
    for (given, counts, weight), column in zip(tiles_of(places, number), columns, strict=True):
        with FixedNorms(statistics):
            result = run(_read(source, given))[0]
        core = crop(result, counts)
        place = total[..., column.first : column.last]
        _ = place.add_(core * weight) if places.blend else place.copy_(core)
        del result, core  # or they would lie between the pieces that the next tile needs
        done(float(weight.sum()))
    release_freed_memory()
    return total


def _make_band(channels: int, height: int, width: int) -> Tensor:
    """Zeros (C, h, W), apart from other memory, so that they neither split it nor stay in it."""
    pages = mmap.mmap(-1, 4 * channels * height * width)
    return torch.frombuffer(pages, dtype=torch.float32).view(channels, height, width)


def _read(source: Source, box: Box) -> Tensor:
    """A region (1, C, h, w) in [-1, 1]."""
    return source.read(box)[None]


def _shrink(source: Source, factor: int) -> Tensor:
    """The whole image (1, C, H / factor, W / factor) in [-1, 1]; pixels are means."""
    height, width = (max(side // factor, 1) for side in source.size)
    down, across = (min(factor, side) for side in source.size)
    step = max(ROWS // down, 1)
    # It is there before what is read, so that this leaves no pieces of memory between its rows.
    small = torch.empty(1, len(source.read((0, 0, 1, 1))), height, width)
    for top in range(0, height, step):
        rows = min(step, height - top)
        band = _read(source, (top * down, 0, rows * down, width * across))
        small[:, :, top : top + rows] = functional.avg_pool2d(band, (down, across))
    return small


def _ignore(pixels: float) -> None:
    """Nobody is told how many pixels are done."""


def compute_tiled(
    run: Run, image: Tensor, plan: TilePlan, done: Callable[[float], None] = _ignore
) -> Tensor:
    """The result (C, H, W) of an image (C, H, W), both in [-1, 1] and in memory.

    done: called with how many pixels of the result are computed.
    """
    source = from_image(image)
    statistics = gather_statistics(run, source, plan, done)
    bands = compute_bands(run, source, plan, statistics, done)
    return torch.cat([band.values for band in bands], 1)
