"""How far an output's pixels see, and on which grid: found by trying, whatever its networks are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.inference.tiling.norm_calls import FixedNorms, Moments, OwnNorms
from ganzoo.inference.winograd import without_winograd

Run = Callable[[Tensor], Tensor]
"""An output as a function of images (N, C, H, W) in [-1, 1]."""

# Pixels of a probe: across, and the lengths that are tried for how far a pixel reaches.
ACROSS, LENGTHS = 64, (256, 512, 1024)
# Grids that are tried where networks do not say theirs, from fine to coarse.
GRIDS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256)
# The largest difference of equal results, in their standard deviations; and of results that depend
# a little on all of an image, which a shift changes at its ends.
ALIKE, NEARLY_ALIKE = 1e-4, 0.05


@dataclass(frozen=True)
class Reach:
    """What tiles of an output must respect.

    pixels: how far a pixel of the result sees beyond itself; None: as far as the image goes.
    grid: an image may be moved by multiples of it, and the result moves along.
    norms: how many norms take statistics of the whole image. channels: of the result.
    """

    pixels: int | None
    grid: int
    norms: int
    channels: int = 3


def find_reach(run: Run, channels: int, grid: int = 0) -> Reach:
    """Try how far an output sees.

    grid: what its networks say of it; 0 if they do not say it.

    Raises:
        ValueError: it cannot be computed in tiles; the message follows "it cannot be tiled: ".
    """
    with torch.random.fork_rng([]), without_winograd():
        torch.manual_seed(0)
        norms, given = _check(run, _noise(channels, LENGTHS[0], LENGTHS[0]))
        probe = Probe(run, channels, norms)
        alike = ALIKE if _find_farthest(probe, grid or 1) is not None else NEARLY_ALIKE
        spacing = _find_grid(probe, (grid,) if grid else GRIDS, alike)
        return Reach(_find_farthest(probe, spacing), spacing, len(norms), given)


@dataclass(frozen=True)
class Probe:
    """An output whose norms divide out the same statistics for every image."""

    run: Run
    channels: int
    norms: list[Moments]

    def __call__(self, image: Tensor, turned: bool) -> Tensor:
        """The result (1, C, H, W) of an image; if `turned`, of the image with its sides swapped."""
        with FixedNorms(self.norms):
            return self.run(image.mT.contiguous()).mT if turned else self.run(image)


def _check(run: Run, image: Tensor) -> tuple[list[Moments], int]:
    """Check that an output is one image of the input's size.

    Returns the statistics of its norms, and how many channels it has.
    """
    norms = OwnNorms()
    with norms:
        result = run(image)
    if result.shape[-2:] != image.shape[-2:]:
        before, after = (" x ".join(map(str, each.shape[-2:])) for each in (image, result))
        raise ValueError(f"it changes the size of an image, {before} px to {after} px")
    if norms.draws:
        raise ValueError("it draws dropout or noise at random, for the whole image at once")
    return norms.statistics, result.shape[1]


def _find_grid(probe: Probe, candidates: tuple[int, ...], alike: float) -> int:
    """The finest grid by which an image may be moved along its rows and columns."""
    for grid in candidates:
        strip = _noise(probe.channels, max(LENGTHS[0], 4 * grid) + grid, ACROSS)
        if all(_moves_along(probe, strip, grid, turned, alike) for turned in (False, True)):
            return grid
    raise ValueError("what it makes of a pixel depends on the pixel's place in the image")


def _moves_along(probe: Probe, strip: Tensor, grid: int, turned: bool, alike: float) -> bool:
    """Whether a strip (1, C, length, ACROSS), moved by `grid` rows, gives the same result, moved.

    Only the middle is compared, as near the ends the network sees other pixels.
    """
    first = probe(strip[..., :-grid, :], turned)
    second = probe(strip[..., grid:, :], turned)
    middle = first.shape[-2] // 2
    difference = first[..., middle : middle + grid, :] - second[..., middle - grid : middle, :]
    return bool(difference.abs().max() <= alike * first.std())


def _find_farthest(probe: Probe, grid: int) -> int | None:
    """How far a block of the grid's size reaches in any direction; None if out of all probes."""
    sides = [_reach_along(probe, grid, turned) for turned in (False, True)]
    return None if None in sides else max(side for side in sides if side is not None)


def _reach_along(probe: Probe, grid: int, turned: bool) -> int | None:
    """How far a block of the grid's size reaches along columns, or along rows if `turned`.

    The block is not a number, and so becomes all that depends on it.
    """
    for length in LENGTHS:
        image = torch.zeros(1, probe.channels, length, ACROSS)
        top = length // 2 // grid * grid
        image[..., top : top + grid, :] = math.nan
        touched = probe(image, turned).isnan().any(1).any(-1)[0].nonzero()
        first, last = int(touched[0]), int(touched[-1])
        if first > 0 and last < length - 1:
            return max(top - first, last - (top + grid - 1), 0)
    return None


def _noise(channels: int, height: int, width: int) -> Tensor:
    return torch.rand(1, channels, height, width) * 2 - 1
