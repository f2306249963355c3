"""What metrics have in common that compare crowds of images by a network's features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.components.metrics.feature_extractor import (
    INCEPTION,
    FeatureExtractor,
    RealFeatures,
    digest_of,
    eyes,
)
from ganzoo.components.metrics.intervals import delete_half
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval

MODEL, REAL, COPY = "model", "real, other half", "copy the input"
# A half needs two images on each side.
FEWEST = 4
USUAL = 224
# Samples of which all pairs are kept in memory.
LARGEST = 2000
ComponentTable = Callable[[Tensor, Tensor], Mapping[str, float]]


class DistributionMetric(Metric):
    """Figures of how far a crowd of generated images is from one of real images.

    The crowds may differ in size: each image is in its crowd once.

    name: the metric's, which the figures' names begin with.
    draws: random halves for an interval.
    """

    needs_pairs = False
    separate = True
    name: ClassVar[str]
    draws: ClassVar[int] = 1000

    def __init__(self, backbone: str, weights: str, size: int | None) -> None:
        own = 299 if backbone == INCEPTION else None
        if own and size not in (None, own):
            raise ValueError(f'"{INCEPTION}" looks at images of {own} px: leave size out')
        if size is not None and size < 32:
            raise ValueError(f"size must be at least 32, not {size}")
        self.backbone, self.weights = backbone, weights
        self.size = size or own or USUAL
        self.eyes: FeatureExtractor | None = None
        self.features: dict[str, list[Tensor]] = {MODEL: [], REAL: [], COPY: []}
        self.real = {REAL: RealFeatures(), COPY: RealFeatures()}

    def update(
        self, prediction: Tensor | None, target: Tensor | None, source: Tensor | None = None
    ) -> None:
        """Add generated and real images (N, 3, H, W) or (N, 1, H, W) in [-1, 1], of any sizes.

        None adds nothing to a crowd.

        Raises:
            ValueError: they are not of these shapes, or the backbone cannot be had.
        """
        for row, images in ((MODEL, prediction), (REAL, target), (COPY, source)):
            if images is not None:
                self.features[row] += self._look(row, images)

    def compute(self) -> dict[str, dict[str, float]]:
        """The figures, and what they depend on: counts of both crowds and their `resize`.

        Raises:
            ValueError: no image was added.
        """
        for real in self.real.values():
            real.keep()
        found = self.crowds()
        return {row: self.measure(row, crowd, found[REAL]) for row, crowd in found.items()}

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Intervals over random halves of the samples.

        Of as many generated images as real ones, which may be of one scene each, the same are
        taken of both; else those of one crowd have nothing to do with those of the other.
        """
        found, rows = self.crowds(), self.compute()
        return {row: self._sure(row, crowd, found[REAL], rows[row]) for row, crowd in found.items()}

    @abstractmethod
    def measure(self, row: str, found: Tensor, real: Tensor) -> dict[str, float]:
        """A row's figures of features (N, d) and those of the real images (N, d), and counts."""

    @abstractmethod
    def part(self, row: str, found: Tensor, real: Tensor) -> ComponentTable:
        """The row's figures of the images of given numbers in both crowds."""

    def named(self, figure: str) -> str:
        """A figure with the backbone's name: `kid_efficientnet_lite0`."""
        untrained = "_untrained" if self.weights == "none" else ""
        return f"{figure}_{self.backbone.removeprefix('tf_')}{untrained}"

    def crowds(self) -> dict[str, Tensor]:
        """Features (N, d) by row, float64.

        Raises:
            ValueError: no image was added.
        """
        if not self.features[REAL] or not self.features[MODEL]:
            raise ValueError("there is nothing to score: no image was added")
        return {row: torch.stack(f).double() for row, f in self.features.items() if f}

    def _sure(
        self, row: str, found: Tensor, real: Tensor, values: dict[str, float]
    ) -> dict[str, Interval]:
        figures = {name: v for name, v in values.items() if isinstance(v, float) and name != "std"}
        part, m, n = self.part(row, found, real), len(found), len(real)
        if min(m, n) < FEWEST:
            return {}
        if row == REAL:
            return delete_half(lambda chosen: part(*by_parity(chosen)), n, figures, self.draws)
        if m == n:
            return delete_half(lambda chosen: part(chosen, chosen), n, figures, self.draws)
        return delete_half(part, (m, n), figures, self.draws)

    def _look(self, row: str, images: Tensor) -> list[Tensor]:
        """Features (d,) of each image, float32, on the CPU."""
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            raise ValueError(
                f"{self.name} needs (N, 3, H, W) or (N, 1, H, W), not {tuple(images.shape)}"
            )
        if self.eyes is None:
            self.eyes = eyes(self.backbone, self.weights, self.size)
            self.eyes.open(images.device)
        shown = images.detach().float().nan_to_num(0).clamp(-1, 1).expand(-1, 3, -1, -1)
        told = [(digest_of(image), image) for image in shown]
        return self.real[row].look(self.eyes, told) if row in self.real else self.eyes.look(told)


Pairs = Callable[[Tensor, Tensor], Tensor]


def pairs(of: Pairs, one: Tensor, two: Tensor) -> Pairs:
    """What `of` says of features (N, d) and (M, d), by the numbers of those that are asked for.

    It is computed once for all, where that does not take too much memory.
    """
    if max(len(one), len(two)) > LARGEST:
        return lambda rows, columns: of(one[rows], two[columns])
    table = of(one, two)
    return lambda rows, columns: table[rows[:, None], columns]


def by_parity(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The even numbers and the odd ones: two halves of the samples."""
    odd = numbers % 2 == 1
    return numbers[~odd], numbers[odd]
