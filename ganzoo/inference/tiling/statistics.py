"""Estimates the statistics that norms would take from a whole image, without computing it whole.

A regression estimator of survey sampling (Cochran 1977, Sampling Techniques, ch. 7), norm by norm:

1. The whole image goes through the networks at a fraction of its size. That shows how features are
   spread over the image, but not what they are at full size.
2. Patches of the image, spread over all of it, go through the networks at full size, as one batch.
   Each norm takes its means over all of them, corrected by how much the small image's features in
   the patches differ from those of all the small image, and divides them out before the batch goes
   on. So every norm meets features as they are in the whole image.

docs/performance.md has what it is worth, beside other ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.components.data.transforms import Box, Size
from ganzoo.engine.rng import numpy_generator
from ganzoo.inference.tiling.norm_calls import Moments, NormCall, NormCalls

CELL = 64  # px; the statistics of a patch are those of a cell of this size in its middle
RIDGE = 0.02  # keeps a slope moderate where there is little to fit it to
TOGETHER = 32  # patches whose averages are taken at once
FEW = 4  # patches: too few to fit a slope
LEAST = 0.05  # of the variance inside patches: an estimate of all variance is no less


@dataclass(frozen=True)
class Patch:
    """A patch of an image: a cell, and what lies around it.

    box: what is read. cell: the cell, within the box. number: of the cell in its grid.
    """

    box: Box
    cell: Box
    number: int


def choose_patches(size: Size, count: int, grid: int, margin: int) -> tuple[Size, list[Patch]]:
    """About `count` patches of one size, spread over an image.

    grid: patches lie on multiples of it. margin: what is read around a cell, a multiple of it.

    Returns how many rows and columns of cells the image has, and the patches.
    """
    cell = max(CELL // grid, 1) * grid
    rows, columns = (max(side // cell, 1) for side in size)
    side = cell + 2 * margin
    chosen = _spread(rows, columns, count)
    return (rows, columns), [
        _place(divmod(number, columns), (rows, columns), size, cell, side, grid, number)
        for number in chosen
    ]


def _spread(rows: int, columns: int, count: int) -> list[int]:
    """Numbers of cells: one drawn from each of about `count` equal blocks of cells."""
    down = min(max(1, round(math.sqrt(count * rows / columns))), rows)
    across = min(max(1, round(count / down)), columns)
    rng = numpy_generator("patches", rows, columns, count)
    return [
        int(rng.integers(i * rows // down, (i + 1) * rows // down)) * columns
        + int(rng.integers(j * columns // across, (j + 1) * columns // across))
        for i in range(down)
        for j in range(across)
    ]


def _place(
    at: Size, cells: Size, size: Size, cell: int, side: int, grid: int, number: int
) -> Patch:
    """The patch around a cell; at the image's borders the cell lies out of its middle."""
    read, inner = [], []
    for place, count, length in zip(at, cells, size, strict=True):
        whole = min(side, length // grid * grid or length)
        start = round(place * length / count) // grid * grid
        first = min(max(start - (side - cell) // 2, 0), length - whole) // grid * grid
        read.append((first, whole))
        inner.append((min(start - first, max(whole - cell, 0)), min(cell, whole)))
    (top, height), (left, width) = read
    (y, h), (x, w) = inner
    return Patch((top, left, height, width), (y, x, h, w), number)


@dataclass(frozen=True)
class Spread:
    """How a norm's features are spread over the small image: per cell, (C, cells).

    means: of the features. squares: of their squares.
    """

    means: Tensor
    squares: Tensor


class SmallImage(NormCalls):
    """Norms take the small image's own statistics, and note how its features are spread.

    cells: rows and columns of cells.
    """

    def __init__(self, cells: Size) -> None:
        super().__init__()
        self.cells = cells
        self.spreads: list[Spread] = []

    def normalise(self, call: NormCall) -> Tensor:
        """The features normalised by the statistics of the whole small image."""
        x = call.x.float()
        means, squares = (
            functional.adaptive_avg_pool2d(each, self.cells)[0].flatten(1).double()
            for each in (x, x.square())
        )
        self.spreads.append(Spread(means, squares))
        return call.apply(call.moments(means.mean(1), squares.mean(1)))


class Patches(NormCalls):
    """Norms take the statistics of the whole image, as estimated from a batch of its patches.

    spreads: of the small image, for each norm; none, if there is no small image.
    statistics: what was estimated, for each norm.
    """

    def __init__(self, patches: Sequence[Patch], spreads: Sequence[Spread]) -> None:
        super().__init__()
        self.patches, self.spreads = patches, spreads
        self.statistics: list[Moments] = []

    def normalise(self, call: NormCall) -> Tensor:
        """The features normalised by the estimated statistics of the whole image."""
        if len(call.x) != len(self.patches):
            raise ValueError("a network is called for several images at once")
        means, squares = self._averages(call.x)
        mean, square = means.mean(1), squares.mean(1)
        if self.spreads:
            spread = self.spreads[len(self.statistics)]
            numbers = [patch.number for patch in self.patches]
            mean = mean + correct(means, spread.means, numbers)
            square = square + correct(squares, spread.squares, numbers)
        self.statistics.append(_bounded(call, call.moments(mean, square), means, squares))
        return call.apply(self.statistics[-1])

    def _averages(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means of features, and of their squares, in the cell of each patch: (C, patches)."""
        count = x.shape[1], len(self.patches)
        means, squares = (torch.empty(count, dtype=torch.float64) for _ in range(2))
        boxes: dict[Box, list[int]] = {}
        for number, patch in enumerate(self.patches):
            boxes.setdefault(_scaled(patch, x.shape[-2], x.shape[-1]), []).append(number)
        for (top, left, height, width), numbers in boxes.items():
            for some in torch.split(torch.tensor(numbers), TOGETHER):
                cells = x[some.to(x.device), :, top : top + height, left : left + width].float()
                means[:, some] = cells.mean((2, 3)).T.double().cpu()
                squares[:, some] = cells.square().mean((2, 3)).T.double().cpu()
        return means, squares


def correct(sampled: Tensor, small: Tensor, numbers: Sequence[int]) -> Tensor:
    """What to add to the mean (C,) of sampled cells, (C, patches), to estimate that of all cells.

    small: the same in the small image, of all cells, (C, cells).
    numbers: which of the cells were sampled.
    """
    small = small.cpu()
    beside = small[:, list(numbers)]
    if len(numbers) < FEW:
        return torch.zeros_like(sampled[:, 0])
    x, y = (each - each.mean(1, keepdim=True) for each in (beside, sampled))
    slope = (x * y).sum(1) / (x.square().sum(1) * (1 + RIDGE)).clamp(min=1e-12)
    return slope * (small.mean(1) - beside.mean(1))


def _bounded(call: NormCall, estimate: Moments, means: Tensor, squares: Tensor) -> Moments:
    """The estimate, with a variance that is not far below that inside the patches."""
    inside = call.moments(torch.zeros(len(means)), (squares - means.square()).mean(1)).variance
    return Moments(estimate.mean, torch.maximum(estimate.variance, LEAST * inside))


def _scaled(patch: Patch, height: int, width: int) -> Box:
    """A patch's cell in features of another size."""
    down, across = height / patch.box[2], width / patch.box[3]
    top, left = int(patch.cell[0] * down), int(patch.cell[1] * across)
    return top, left, max(1, int(patch.cell[2] * down)), max(1, int(patch.cell[3] * across))
