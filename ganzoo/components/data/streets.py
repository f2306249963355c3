"""Drawn street scenes and their label maps: real work for a recipe, without a download."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
from torch import Tensor

from ganzoo.components.data.picture_cache import PictureCache, Pixels
from ganzoo.components.data.street_photo import VERSION, street_labels, street_scene
from ganzoo.components.data.street_scene import CLASSES, PALETTE
from ganzoo.components.data.transforms import as_size
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.content_key import number_keys
from ganzoo.interfaces.levels import from_pixels

__all__ = ["CLASSES", "PALETTE", "Streets"]

# Training photos, training labels, held-out pairs and paired samples have RANGE seeds each.
RANGE = 1_000_000
PHOTOS, LABELS, HELD_OUT, PAIRED = (number * RANGE for number in range(4))
SMALLEST = 8
KEYS = "drawn streets"  # with this word, few scenes are dealt about as evenly as many


class Streets(Data):
    """Drawn street photos x and their label maps y, in seven colours (`CLASSES`, `PALETTE`).

    Photos and label maps for training come from different scenes; held-out samples are exact pairs.
    Scenes are drawn when they are first read, and cached; GANZOO_CACHE names another cache folder.

    size: a scene's side in pixels, or [height, width].
    count: how many scenes each domain has for training.
    held_out: how many pairs are kept for testing.
    flip: mirror half of the training samples.
    paired: train on pairs, x and y of the same scene, for recipes that need them.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True
    bands: ClassVar[int] = 3
    """The channels of y."""

    def __init__(
        self,
        size: int | list[int] = 64,
        count: int = 1000,
        held_out: int = 200,
        flip: bool = True,
        paired: bool = False,
    ) -> None:
        height, width = as_size(size)
        if min(height, width) < SMALLEST:
            raise ValueError(f"size must be at least {SMALLEST}, not {size}")
        for name, number in (("count", count), ("held_out", held_out)):
            if not 1 <= number <= RANGE:
                raise ValueError(f"{name} must be 1 ... {RANGE}, not {number}")
        self.count, self.held_out = count, held_out
        self.flip = flip
        self.trains_on_pairs = paired
        channels = {"x": 3, "y": self.bands}
        self.variables = {name: Variable(each, (height, width)) for name, each in channels.items()}
        name = f"streets-{VERSION}-{height}x{width}"
        self.scenes = PictureCache(name, (height, width, 4), partial(draw_scene, height, width))
        self.labels = PictureCache(None, (height, width), partial(draw_labels, height, width))

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (C, height, width) in [-1, 1]; of one scene and mirrored together if paired."""
        photo = PHOTOS + index
        if self.trains_on_pairs:
            return self._pair(photo, self.flip and rng.random() < 0.5)
        target = self.draw_target(LABELS + int(rng.integers(self.count)))
        mirror_x, mirror_y = (self.flip and rng.random() < 0.5 for _ in range(2))
        return {
            "x": _sample(self.scenes.get(photo)[..., :3], mirror_x),
            "y": _sample(target, mirror_y),
        }

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training photo x and training target y; of one scene if paired."""
        if self.trains_on_pairs:
            return self._pair(PHOTOS + index)
        photo = self.scenes.get(PHOTOS + index)[..., :3]
        return {"x": _sample(photo, False), "y": _sample(self.draw_target(LABELS + index), False)}

    def draw_target(self, seed: int) -> Pixels:
        """y (height, width, 3) of that seed's scene."""
        return PALETTE[self.labels.get(seed)]

    def to_target(self, scene: Pixels) -> Pixels:
        """y (height, width, 3) of a scene, which is its photo and then its labels."""
        return PALETTE[scene[..., 3]]

    def test_count(self) -> int:
        """The number of held-out pairs."""
        return self.held_out

    def test_sample(self, index: int) -> Sample:
        """x and y (C, height, width) in [-1, 1] of one scene."""
        return self._pair(HELD_OUT + index)

    def test_keys(self) -> dict[str, list[bytes]]:
        """The seeds of the scenes, which have one key at any size."""
        return dict.fromkeys(self.variables, number_keys(KEYS, range(self.held_out)))

    def paired_count(self) -> int:
        """The number of scenes for `paired_sample`, whatever `count` is."""
        return RANGE

    def paired_sample(self, index: int) -> Sample:
        """x and y (C, height, width) in [-1, 1] of one scene, which no training shows."""
        return self._pair(PAIRED + index)

    def _pair(self, seed: int, mirrored: bool = False) -> Sample:
        scene = self.scenes.get(seed)
        photo, target = scene[..., :3], self.to_target(scene)
        return {"x": _sample(photo, mirrored), "y": _sample(target, mirrored)}


def draw_scene(height: int, width: int, seed: int) -> Pixels:
    """The scene of that seed as one picture (height, width, 4): the photo, then the labels."""
    return np.dstack(street_scene(seed, height, width))


def draw_labels(height: int, width: int, seed: int) -> Pixels:
    """The labels (height, width) of that seed's scene."""
    return street_labels(seed, height, width)


def _sample(picture: Pixels, mirrored: bool) -> Tensor:
    return from_pixels(picture[:, ::-1] if mirrored else picture)
