"""Inception score: are generated images of clear and of many classes?"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    FEWEST,
    REAL,
    DistributionMetric,
    SubsetScores,
)
from ganzoo.components.metrics.feature_extractor import INCEPTION
from ganzoo.components.metrics.intervals import delete_half
from ganzoo.components.networks.square_resize import ResizeMode
from ganzoo.interfaces.metric import Interval

# torch-fidelity's seed, so that the images are dealt into the same splits.
SEED = 2020


class InceptionScore(DistributionMetric):
    """Inception score (Salimans et al. 2016, arXiv:1606.03498, sec. 4): from 1, higher is better.

    exp E KL(p(c|x) ‖ p(c)), for the classes c that Inception v3 sees in images x. It asks whether
    each image is of one class and all together are of many. It sees neither the real images nor the
    inputs, knows ImageNet's 1008 classes only, and is the highest where classes are drawn at will:
    for translation, read it beside a distance.

    The images are shuffled, always in the same way, and dealt into `splits`; the score is the mean
    over these, `std` the standard deviation. It depends on the number of images, which the table
    says. With fewer images than splits it is NaN.

    weights: "hub", those that torch-fidelity publishes; or a file of them.
    splits: how many.
    resize_mode: "tensorflow" (publications), "clean" or "pytorch", see `fid`.

    Baselines of the model:
    "real images" are scored in the same way, all of them;
    "copy the input" takes `source` for the prediction, where that wire is given.

    The interval is computed from random halves of the images.

    Raises:
        ValueError: a setting that makes no sense, or the network cannot be had.
    """

    name = "inception_score"
    draws = 200

    def __init__(
        self, weights: str, splits: int = 10, resize_mode: ResizeMode | None = None
    ) -> None:
        super().__init__(INCEPTION, weights, None, resize_mode)
        if splits < 1:
            raise ValueError(f"splits must be at least 1, not {splits}")
        self.splits = splits

    @property
    def score(self) -> str:
        """The name of the score: `inception_score`, `inception_score_clean`."""
        return f"{self.name}{self.variant}"

    def row(self, system: str) -> str:
        """The name of a system's row in tables."""
        return "real images" if system == REAL else system

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The score, its `std`, and `images`, `splits` and the resize."""
        counts = {"images": len(generated), "splits": self.splits, **self.resize()}
        if len(generated) < max(self.splits, FEWEST):
            return {self.score: math.nan, **counts}
        mean, std = self._score(generated)
        return {self.score: mean, **({"std": std} if self.splits > 1 else {}), **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function for the score of some images."""
        return lambda chosen, _: {self.score: self._score(generated[chosen])[0]}

    def system_intervals(
        self, system: str, generated: Tensor, real: Tensor, values: dict[str, float]
    ) -> dict[str, Interval]:
        """The interval of the score, over the generated images alone."""
        if len(generated) < max(2 * self.splits, FEWEST):
            return {}
        score = self.subset_scores(system, generated, real)
        known = {self.score: values[self.score]}
        return delete_half(lambda chosen: score(chosen, chosen), len(generated), known, self.draws)

    def _score(self, features: Tensor) -> tuple[float, float]:
        assert self.extractor is not None
        return inception_score(self.extractor.logits(features), self.splits)


def inception_score(logits: Tensor, splits: int) -> tuple[float, float]:
    """Mean and standard deviation of the splits' scores, of logits (N, C), N at least `splits`."""
    order = torch.from_numpy(np.random.RandomState(SEED).permutation(len(logits)))
    said = logits[order].double().log_softmax(1)
    ends = [index * len(said) // splits for index in range(splits + 1)]
    scores = [_of_split(said[ends[i] : ends[i + 1]]) for i in range(splits)]
    drawn = torch.tensor(scores, dtype=torch.float64)
    return float(drawn.mean()), float(drawn.std(unbiased=False))


def _of_split(said: Tensor) -> float:
    """exp E KL(p(c|x) ‖ p(c)) for log p(c|x) (n, C)."""
    shares = said.exp()
    divergence = (shares * (said - shares.mean(0).log())).sum(1)
    return float(divergence.mean().exp())
