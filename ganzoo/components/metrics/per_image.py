"""What metrics have in common that compare pictures one by one."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from ganzoo.components.metrics.intervals import bootstrap_mean
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval

MODEL, COPY, OTHER = "model", "copy the input", "the target of another sample"


class PerImage(Metric):
    """A mean over test images, each compared with its own target.

    figure: what it is called.
    """

    figure: str

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {MODEL: [], COPY: [], OTHER: []}
        self.previous: Tensor | None = None

    @abstractmethod
    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """The figure of each image (N, C, H, W) in [-1, 1], both of one shape and device."""

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add a batch: images (N, C, H, W) in [-1, 1]; prediction and target of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of images.
        """
        if target.dim() != 4:
            raise ValueError(f"{self.figure} needs images (N, C, H, W), not {tuple(target.shape)}")
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
        """The figure, in up to three rows.

        Raises:
            ValueError: no image was added.
        """
        return {row: {self.figure: sum(v) / len(v)} for row, v in self._values().items()}

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals of the means."""
        return {row: bootstrap_mean(self.figure, v) for row, v in self._values().items()}

    def sample_scores(self) -> dict[str, list[float]]:
        """The figure of each image."""
        return {self.figure: self.found[MODEL]}

    def _values(self) -> dict[str, list[float]]:
        """The figure of each image, of all rows that have some."""
        if not self.found[MODEL]:
            raise ValueError("there is nothing to score: no image was added")
        return {row: values for row, values in self.found.items() if values}

    def _add(self, row: str, prediction: Tensor, true: Tensor) -> None:
        seen = clamped(prediction).to(true.device)
        self.found[row] += self.compare(seen, true)


def clamped(images: Tensor) -> Tensor:
    """As they are in a saved picture, but for rounding."""
    return images.detach().float().clamp(-1, 1)


def without_nan(images: Tensor, true: Tensor, error: float) -> Tensor:
    """Pixels that are not a number, taken to be off by `error`."""
    return images.where(~images.isnan(), true - error)
