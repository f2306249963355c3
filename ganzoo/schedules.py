"""How the learning rate moves over training."""

from __future__ import annotations

from typing import Literal

from ganzoo.interfaces import Progress, Schedule


class Constant(Schedule):
    """The same learning rate throughout."""

    def factor(self, progress: Progress) -> float:
        """Always 1."""
        return 1.0


class Linear(Schedule):
    """The full rate for a while, then a straight line to 0 (Zhu et al. 2017, arXiv:1703.10593).

    It would reach 0 just after the end: of 200 epochs, the last runs at 1/101.

    hold: the fraction of the training at the full rate.
    by: whether the rate changes at every step, or only between epochs.

    Raises:
        ValueError: hold is not between 0 and 1.
    """

    def __init__(self, hold: float = 0.5, by: Literal["step", "epoch"] = "step") -> None:
        if not 0 <= hold <= 1:
            raise ValueError(f"hold is {hold}: it must be between 0 and 1")
        self.hold, self.by = hold, by

    def factor(self, progress: Progress) -> float:
        """1 - (i + 1 - held) / (total - held + 1) from i = held on, with i counted from 0."""
        by_step = self.by == "step"
        i, total = (progress.step, progress.steps) if by_step else (progress.epoch, progress.epochs)
        held = self.hold * total
        return max(0.0, 1 - max(0.0, i + 1 - held) / (total - held + 1))
