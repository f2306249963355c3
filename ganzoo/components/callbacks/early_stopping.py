"""Stopping once a score does not improve any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ganzoo.interfaces import Callback, Reference, Scores, Training


class EarlyStopping(Callback):
    """Saves and stops once a score on validation samples has not improved for several evaluations.

    Whether a smaller or a larger score is better, the metric says. The first number is an
    improvement; NaN never is. A run that is resumed after the stop has the same patience again; its
    best score so far still counts.

    metric: a metric of the recipe that is computed while training (`every`).
    score: one of its scores; left out, its first one.
    patience: after how many evaluations without an improvement training stops.
    min_delta: by more than how much a score must be better to be an improvement.

    Raises:
        ValueError: no metric, a patience below 1, or a min_delta below 0.
    """

    selects: ClassVar[bool] = True
    refers: ClassVar[Mapping[str, Reference]] = {"metric": "metric"}

    def __init__(
        self, metric: str, score: str = "", patience: int = 3, min_delta: float = 0.0
    ) -> None:
        if not metric:
            raise ValueError("metric is empty: it must be a metric of the recipe")
        if patience < 1:
            raise ValueError(f"patience is {patience}: it must be at least 1")
        if not min_delta >= 0:
            raise ValueError(f"min_delta is {min_delta:g}: it must be at least 0")
        self.metric, self.score = metric, score
        self.patience, self.min_delta = patience, min_delta
        self.best: float | None = None
        self.best_step = 0
        self.waited = 0

    def on_evaluation(self, training: Training, scores: Scores) -> None:
        """Compare the model's score with the best one, and stop where patience ends.

        Raises:
            ValueError: the metric has no such score.
        """
        values = scores.of_model(self.metric)
        if not values or training.step == training.steps:  # another metric's turn, or the end
            return
        if scores.split == "test":  # too few are held out for validation samples
            return
        name = self.score or next(iter(values))
        if name not in values:
            known = ", ".join(values)
            raise ValueError(f"metrics.{self.metric} has no score '{name}'; it has {known}")
        if self._is_better(values[name], scores.higher_is_better[self.metric][name]):
            self.best, self.best_step, self.waited = values[name], training.step, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.waited = 0  # for a resume
            training.stop(self._reason(name))

    def _is_better(self, value: float, higher_is_better: bool) -> bool:
        if self.best is None:
            return value == value  # not NaN
        gain = value - self.best if higher_is_better else self.best - value
        return gain > self.min_delta

    def _reason(self, name: str) -> str:
        evaluations = f"{self.patience} evaluation{'s' if self.patience > 1 else ''}"
        label = f"{self.metric}, {name}"
        if self.best is None:
            return f"{label} was no number in {evaluations}"
        best = f"{self.best:.4g} at step {self.best_step}"
        return f"{label} has not improved in {evaluations}; the best was {best}"
