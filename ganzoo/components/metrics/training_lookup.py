"""Training images, and for any other image the one that is most like it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from ganzoo.components.metrics.feature_extractor import digest_of
from ganzoo.components.metrics.pixel_copies import NO_COPY, OriginalSearch, SmallPictures
from ganzoo.interfaces.metric import NamedImage

Extract = Callable[[Tensor], Sequence[Tensor]]
"""Features (d,) of each image of a batch."""
BATCH = 16


@dataclass(frozen=True)
class TrainingMatch:
    """What an image has in common with the training images.

    number: of the image in its set. original: the training image that it is a copy of, or NO_COPY.
    alike: how much the two correlate, 0 for no copy. equal: a training image has the same values.
    nearest: the training image with the nearest features; NO_COPY without features. distance: of
    both features; NaN without.
    """

    number: int
    original: int
    alike: float
    equal: bool
    nearest: int
    distance: float

    @property
    def copied(self) -> bool:
        """Whether the image is a copy of a training image."""
        return self.original != NO_COPY

    @property
    def shown(self) -> int:
        """The training image to show beside it; NO_COPY if there is none."""
        return self.original if self.copied else self.nearest

    @property
    def rank(self) -> tuple[float, float]:
        """Smaller for an image that is more of a copy."""
        return -self.alike, math.inf if math.isnan(self.distance) else self.distance


class TrainingLookup:
    """Training images with their small pictures, names and features.

    items: all of them. most: so many are looked at, spread evenly. extract: None for no features.
    """

    def __init__(self, items: Sequence[NamedImage], most: int, extract: Extract | None) -> None:
        self.items = items
        count = min(most, len(items))
        self.chosen = [place * len(items) // count for place in range(count)]
        self.names: list[str] = []
        self.digests: list[str] = []
        self.features: Tensor | None = None
        small, features = list[SmallPictures](), list[Tensor]()
        for start in range(0, count, BATCH):
            batch = [items[place] for place in self.chosen[start : start + BATCH]]
            self.names += [name for name, _ in batch]
            for _, alike in groupby((image for _, image in batch), lambda image: image.shape):
                images = torch.stack([*alike])
                small.append(SmallPictures.of(images))
                self.digests += map(digest_of, images)
                features += extract(images) if extract else []
        self.search = OriginalSearch(SmallPictures.joined(small))
        if features:
            self.features = torch.stack(features).double()

    def __len__(self) -> int:
        return len(self.chosen)

    def image(self, place: int) -> Tensor:
        """The training image (C, H, W) of that place, read again."""
        return self.items[self.chosen[place]][1]

    def name(self, place: int) -> str:
        """Its file, or its number."""
        return self.names[place] or f"number {self.chosen[place]}"

    def match(
        self, number: int, image: Tensor, features: Tensor, with_equal: bool = True
    ) -> TrainingMatch:
        """Match an image (C, H, W) in [-1, 1] and its features (d,) with the training images.

        with_equal: whether a training image of the same values may be its nearest.
        """
        original, alike = self.search.find(SmallPictures.of(image[None]))
        digest = digest_of(image)
        equal = torch.tensor([each == digest for each in self.digests])
        nearest, distance = NO_COPY, math.nan
        others = torch.ones_like(equal) if with_equal else ~equal
        if self.features is not None and bool(others.any()):
            distances = (self.features - features.double()).square().sum(1).sqrt()
            distances[~others] = math.inf
            nearest, distance = int(distances.argmin()), float(distances.min())
        return TrainingMatch(number, original, alike, bool(equal.any()), nearest, distance)
