"""The common base of metrics that compare each image with the input that it was made of."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor

from ganzoo.components.metrics.intervals import bootstrap_mean
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval

MODEL, COPY, OTHER = "model", "copy the input", "the input of another sample"


class InputDistance(Metric):
    """The mean distance of outputs to their inputs, 0 for a copy. It needs no pairs.

    name: the metric's name, as error messages give it. score: the name of the mean in the results.
    """

    needs_pairs = False
    compares = ("prediction", "source")
    measures = "faithfulness"
    name: ClassVar[str]
    score: str

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {MODEL: [], COPY: [], OTHER: []}
        self.previous: Tensor | None = None

    @abstractmethod
    def describe(self, images: Tensor) -> list[Tensor]:
        """What is compared of each image (N, 3, H, W) in [-1, 1]."""

    @abstractmethod
    def distance(self, one: Tensor, two: Tensor) -> float:
        """The distance of two images, by their descriptions of one shape."""

    def update(self, prediction: Tensor, source: Tensor) -> None:
        """Add outputs and their inputs, (N, 3, H, W) or (N, 1, H, W) in [-1, 1].

        Raises:
            ValueError: they are not of these shapes.
        """
        outputs, inputs = (self.describe(self._as_rgb(i)) for i in (prediction, source))
        for output, own in zip(outputs, inputs, strict=True):
            if output.shape != own.shape:
                raise ValueError(
                    f"{self.name} compares images of one size, not {tuple(prediction.shape)} with "
                    f"an input of {tuple(source.shape)}"
                )
            self.values[MODEL].append(self.distance(output, own))
            self.values[COPY].append(self.distance(own, own))
            if self.previous is not None and self.previous.shape == own.shape:
                self.values[OTHER].append(self.distance(self.previous, own))
            self.previous = own

    def compute(self) -> dict[str, dict[str, float]]:
        """The mean, of the model and up to two baselines.

        Raises:
            ValueError: no image was added.
        """
        return {name: {self.score: sum(v) / len(v)} for name, v in self._all_values().items()}

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals of the means."""
        return {name: bootstrap_mean(self.score, v) for name, v in self._all_values().items()}

    def sample_scores(self) -> dict[str, list[float]]:
        """The distance of each output to its input."""
        return {self.score: self.values[MODEL]}

    def _all_values(self) -> dict[str, list[float]]:
        if not self.values[MODEL]:
            raise ValueError("there is nothing to score: no image was added")
        return {name: values for name, values in self.values.items() if values}

    def _as_rgb(self, images: Tensor) -> Tensor:
        """The images as (N, 3, H, W) in [-1, 1]; NaN becomes 0."""
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            what = "volumes" if images.dim() == 5 else "other channels: leave the metric out"
            raise ValueError(
                f"{self.name} needs (N, 3, H, W) or (N, 1, H, W), not {tuple(images.shape)}; its "
                f"network takes no {what}"
            )
        return images.detach().float().nan_to_num(0).clamp(-1, 1).expand(-1, 3, -1, -1)
