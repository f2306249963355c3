"""Drawn volumes: solid blobs, and the hollow shells of the same blobs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.content_key import number_keys
from numpy.typing import NDArray
from torch import Tensor

# Training solids, training shells and held-out pairs have RANGE seeds each.
RANGE = 1_000_000
SOLIDS, SHELLS, HELD_OUT, PAIRED = (number * RANGE for number in range(4))
SMALLEST, LARGEST = 8, 128
MOST_BALLS = 3
# Of a volume's smallest side: the radius of a ball, and how soft its border is.
RADII = 0.16, 0.3
SOFTNESS = 0.06


class VolumeSize(NamedTuple):
    """A volume's sides in voxels."""

    depth: int
    height: int
    width: int


class Solids(Data):
    """Solids x, of one to three balls that melt into each other, and their shells y.

    Solids and shells for training are of different scenes; held-out samples are exact pairs. A
    volume (1, depth, height, width) is in [-1, 1], with -1 outside. It is drawn when it is asked
    for.

    size: a volume's side in voxels, or [depth, height, width].
    count: how many volumes each domain has for training.
    held_out: how many pairs are kept for testing.
    paired: train on pairs, x and y of the same scene, for recipes that need them.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True

    def __init__(
        self,
        size: int | list[int] = 16,
        count: int = 500,
        held_out: int = 32,
        paired: bool = False,
    ) -> None:
        sides = [size] * 3 if isinstance(size, int) else size
        if len(sides) != 3 or not SMALLEST <= min(sides) <= max(sides) <= LARGEST:
            raise ValueError(
                f"size must be {SMALLEST} ... {LARGEST} voxels or [depth, height, width] of them, "
                f"not {size}"
            )
        for name, number in (("count", count), ("held_out", held_out)):
            if not 1 <= number <= RANGE:
                raise ValueError(f"{name} must be 1 ... {RANGE}, not {number}")
        self.side = VolumeSize(*sides)
        self.count, self.held_out = count, held_out
        self.trains_on_pairs = paired
        volume = Variable(1, (self.side.height, self.side.width), depth=self.side.depth)
        self.variables = {"x": volume, "y": volume}

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (1, depth, height, width) in [-1, 1]; of one scene if paired."""
        if self.trains_on_pairs:
            return self._pair(SOLIDS + index)
        other = SHELLS + int(rng.integers(self.count))
        return {"x": self._pair(SOLIDS + index)["x"], "y": self._pair(other)["y"]}

    def test_count(self) -> int:
        """The number of held-out pairs."""
        return self.held_out

    def test_sample(self, index: int) -> Sample:
        """x and y (1, depth, height, width) in [-1, 1] of one scene."""
        return self._pair(HELD_OUT + index)

    def test_keys(self) -> dict[str, list[bytes]]:
        """The seeds of the scenes, which have one key at any size."""
        return dict.fromkeys("xy", number_keys("solids", range(self.held_out)))

    def paired_count(self) -> int:
        """The number of scenes for `paired_sample`, whatever `count` is."""
        return RANGE

    def paired_sample(self, index: int) -> Sample:
        """x and y (1, depth, height, width) in [-1, 1] of one scene, which no training shows."""
        return self._pair(PAIRED + index)

    def _pair(self, seed: int) -> Sample:
        distance = draw_distance(seed, self.side) / (SOFTNESS * min(self.side))
        solid, shell = 1 / (1 + np.exp(distance)), np.exp(-(distance**2))
        return {"x": _as_volume(solid), "y": _as_volume(shell)}


def draw_distance(seed: int, side: VolumeSize) -> NDArray[np.float64]:
    """How far each voxel (depth, height, width) lies outside the balls of that seed, in voxels.

    Inside it is negative. Balls melt together by a smooth minimum of their distances.
    """
    rng = np.random.default_rng([6, seed])
    least = min(side)
    balls = []
    for _ in range(int(rng.integers(1, MOST_BALLS + 1))):
        radius = rng.uniform(*RADII) * least
        centre = [rng.uniform(radius, length - 1 - radius) for length in side]
        axes = np.ogrid[tuple(slice(length) for length in side)]
        squares = sum((axis - place) ** 2 for axis, place in zip(axes, centre, strict=True))
        balls.append(np.sqrt(squares) - radius)
    sharpness = 1.5 * SOFTNESS * least
    return -sharpness * np.log(sum(np.exp(-ball / sharpness) for ball in balls))


def _as_volume(values: NDArray[np.float64]) -> Tensor:
    """Values (depth, height, width) of 0 ... 1 as a volume (1, depth, height, width) in [-1, 1]."""
    return torch.from_numpy((values * 2 - 1).astype(np.float32))[None]
