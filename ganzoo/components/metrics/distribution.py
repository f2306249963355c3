"""The common base of metrics that compare distributions of images by a network's features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.components.metrics.feature_extractor import (
    INCEPTION,
    TINY,
    TINY_SIZE,
    FeatureExtractor,
    RealFeatures,
    digest_of,
    own_resize_mode,
    shared_extractor,
)
from ganzoo.components.metrics.intervals import delete_half
from ganzoo.components.networks.square_resize import MODES, ResizeMode
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval, Measured

MODEL, REAL, COPY = "model", "real, other half", "copy the input"
# The fewest images of a set: each of its halves has two.
FEWEST = 4
DEFAULT_SIZE = 224
# The largest set of which the values of all pairs are kept in memory.
LARGEST = 2000
SubsetScores = Callable[[Tensor, Tensor], Mapping[str, float]]
"""Scores of some generated and some real images, by their indices (n,) and (m,)."""


class DistributionMetric(Metric):
    """Scores of how much the distribution of generated images differs from that of real ones.

    Every image counts once; the two sets may differ in size. A score is computed for each system:
    for the model, and for the baselines REAL and COPY.

    name: the metric's name, as error messages give it.
    draws: how many random halves an interval is computed from.
    """

    needs_pairs = False
    separate = True
    measures: ClassVar[Measured] = "realism"
    name: ClassVar[str]
    draws: ClassVar[int] = 1000

    def __init__(
        self,
        backbone: str,
        weights: str,
        size: int | None,
        resize_mode: ResizeMode | None = None,
    ) -> None:
        own = 299 if backbone == INCEPTION else None
        if own and size not in (None, own):
            raise ValueError(f'"{INCEPTION}" takes images of {own} px: leave size out')
        if size is not None and size < 32:
            raise ValueError(f"size must be at least 32, not {size}")
        if resize_mode not in (None, *MODES):
            raise ValueError(f"there is no resize_mode '{resize_mode}': use {', '.join(MODES)}")
        self.backbone, self.weights = backbone, weights
        self.resize_mode = resize_mode or own_resize_mode(backbone)
        self.size = size or own or (TINY_SIZE if backbone == TINY else DEFAULT_SIZE)
        self.extractor: FeatureExtractor | None = None
        self.features: dict[str, list[Tensor]] = {MODEL: [], REAL: [], COPY: []}
        self.real = {REAL: RealFeatures(), COPY: RealFeatures()}

    def update(
        self, prediction: Tensor | None, target: Tensor | None, source: Tensor | None = None
    ) -> None:
        """Add generated and real images (N, 3, H, W) or (N, 1, H, W) in [-1, 1], of any sizes.

        None adds nothing to that set.

        Raises:
            ValueError: they are not of these shapes, or the backbone cannot be had.
        """
        for system, images in ((MODEL, prediction), (REAL, target), (COPY, source)):
            if images is not None:
                self.features[system] += self._extract(system, images)

    def compute(self) -> dict[str, dict[str, float]]:
        """The scores, and what they depend on: the sizes of both sets and how they were resized.

        Raises:
            ValueError: no image was added.
        """
        for real in self.real.values():
            real.save()
        sets = self.stacked()
        return {
            self.row(system): self.measure(system, each, sets[REAL])
            for system, each in sets.items()
        }

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Intervals from random halves of the samples.

        Where there are as many generated images as real ones, the two at one index may show one
        scene, so a half has the same indices in both sets. Otherwise the halves of the two sets
        are drawn independently.
        """
        sets, scores = self.stacked(), self.compute()
        return {
            self.row(system): self.system_intervals(
                system, each, sets[REAL], scores[self.row(system)]
            )
            for system, each in sets.items()
        }

    @abstractmethod
    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """A system's scores, and the counts that they depend on.

        generated, real: features (N, d) and (M, d), float64. For the baseline REAL both are the
        features of the real images.
        """

    @abstractmethod
    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function that computes the system's scores of some of these images."""

    def system_intervals(
        self, system: str, generated: Tensor, real: Tensor, values: dict[str, float]
    ) -> dict[str, Interval]:
        """The intervals of a system's scores, which have these values."""
        scores = {name: v for name, v in values.items() if isinstance(v, float) and name != "std"}
        score, m, n = self.subset_scores(system, generated, real), len(generated), len(real)
        if min(m, n) < FEWEST:
            return {}
        if system == REAL:
            return delete_half(lambda chosen: score(*by_parity(chosen)), n, scores, self.draws)
        if m == n:
            return delete_half(lambda chosen: score(chosen, chosen), n, scores, self.draws)
        return delete_half(score, (m, n), scores, self.draws)

    def row(self, system: str) -> str:
        """The name of a system's row in tables."""
        return system

    def score_name(self, score: str) -> str:
        """The name of a score, with that of the backbone: `kid_efficientnet_lite0`."""
        return f"{score}_{self.backbone.removeprefix('tf_')}{self.variant}"

    @property
    def variant(self) -> str:
        """The end of the names of scores: a resize that is not the backbone's own, and no training.

        As in `fid_inception_clean` and `kid_vgg16_untrained`.
        """
        own = self.resize_mode == own_resize_mode(self.backbone)
        resized = "" if own else f"_{self.resize_mode}"
        return f"{resized}{'_untrained' if self.weights == 'none' else ''}"

    def resize(self) -> dict[str, int]:
        """How images were resized: `{"resize_clean": 224}`."""
        return {f"resize_{self.resize_mode}": self.size}

    def stacked(self) -> dict[str, Tensor]:
        """The features (N, d) of every system that has some, float64.

        Raises:
            ValueError: no image was added.
        """
        if not self.features[REAL] or not self.features[MODEL]:
            raise ValueError("there is nothing to score: no image was added")
        return {name: torch.stack(each).double() for name, each in self.features.items() if each}

    def _extract(self, system: str, images: Tensor) -> list[Tensor]:
        """The features (d,) of each image, float32, on the CPU."""
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            what = "volumes" if images.dim() == 5 else "other channels: leave the metric out"
            raise ValueError(
                f"{self.name} needs (N, 3, H, W) or (N, 1, H, W), not {tuple(images.shape)}; its "
                f"network takes no {what}"
            )
        if self.extractor is None:
            self.extractor = shared_extractor(
                self.backbone, self.weights, self.size, self.resize_mode
            )
            self.extractor.open(images.device)
        shown = images.detach().float().nan_to_num(0).clamp(-1, 1).expand(-1, 3, -1, -1)
        digests = [(digest_of(image), image) for image in shown]
        if system in self.real:
            return self.real[system].extract(self.extractor, digests)
        return self.extractor.extract(digests)


Pairs = Callable[[Tensor, Tensor], Tensor]
"""A table (n, m) of a value of every pair: of features (n, d) and (m, d), or of their indices."""


def index_pairs(function: Pairs, one: Tensor, two: Tensor) -> Pairs:
    """A function of indices, which returns `function` of the features with these indices.

    one, two: features (N, d) and (M, d).
    The values of all pairs are computed once, unless that takes too much memory.
    """
    if max(len(one), len(two)) > LARGEST:
        return lambda rows, columns: function(one[rows], two[columns])
    table = function(one, two)
    return lambda rows, columns: table[rows[:, None], columns]


def by_parity(indices: Tensor) -> tuple[Tensor, Tensor]:
    """The even indices and the odd ones: two halves of the samples."""
    odd = indices % 2 == 1
    return indices[~odd], indices[odd]
