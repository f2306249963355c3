"""The common base of metrics that compare each image with its own target."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from ganzoo.components.metrics.intervals import bootstrap_mean
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval

MODEL, COPY, OTHER = "model", "copy the input", "the target of another sample"


class PerImage(Metric):
    """A mean over test images, each compared with its own target.

    score: the name of the mean in the results.
    """

    score: str

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {MODEL: [], COPY: [], OTHER: []}
        self.previous: Tensor | None = None

    @abstractmethod
    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """The value of each image (N, C, H, W), or volume (N, C, D, H, W), in [-1, 1].

        Both are of one shape and device.
        """

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add a batch: images (N, C, H, W), or volumes (N, C, D, H, W), in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of images.
        """
        if target.dim() not in (4, 5):
            raise ValueError(
                f"{self.score} needs images (N, C, H, W) or volumes (N, C, D, H, W), not "
                f"{tuple(target.shape)}"
            )
        if prediction.shape != target.shape:
            raise ValueError(f"{tuple(prediction.shape)} against a target of {tuple(target.shape)}")
        true = clamped(target)
        self._add(MODEL, prediction, true)
        if source is not None and source.shape == target.shape:
            self._add(COPY, source, true)
        for image in true.unsqueeze(1):
            if self.previous is not None and self.previous.shape == image.shape:
                self._add(OTHER, self.previous, image)
            self.previous = image

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
        """The value of each image."""
        return {self.score: self.values[MODEL]}

    def _all_values(self) -> dict[str, list[float]]:
        """The value of each image, of the model and of every baseline that has some."""
        if not self.values[MODEL]:
            raise ValueError("there is nothing to score: no image was added")
        return {name: values for name, values in self.values.items() if values}

    def _add(self, system: str, prediction: Tensor, true: Tensor) -> None:
        self.values[system] += self.compare(clamped(prediction).to(true.device), true)


def clamped(images: Tensor) -> Tensor:
    """The values that a saved image has, but not rounded."""
    return images.detach().float().clamp(-1, 1)


def without_nan(images: Tensor, true: Tensor, error: float) -> Tensor:
    """Images with NaN replaced by values that are off by `error`."""
    return images.where(~images.isnan(), true - error)
