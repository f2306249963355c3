"""How the learning rate moves over training."""

from __future__ import annotations

import math
from itertools import pairwise
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


class Cosine(Schedule):
    """Half a cosine from the full rate down (Loshchilov, Hutter 2016, arXiv:1608.03983, eq. 5).

    There are no restarts. It would reach `final` just after the last step.

    hold: the fraction of the training at the full rate, before it falls.
    final: where it ends, as a factor of the first rate.

    Raises:
        ValueError: hold or final is not between 0 and 1.
    """

    def __init__(self, hold: float = 0.0, final: float = 0.0) -> None:
        for name, value in (("hold", hold), ("final", final)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: it must be between 0 and 1")
        self.hold, self.final = hold, final

    def factor(self, progress: Progress) -> float:
        """final + (1 - final) (1 + cos πt) / 2; t goes from 0 at the end of the hold to 1."""
        done = min(1.0, progress.step / progress.steps)
        t = (done - self.hold) / (1 - self.hold) if done > self.hold else 0.0
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * t)) / 2


class Step(Schedule):
    """A rate that drops at given times (He et al. 2015, arXiv:1512.03385, sec. 4.2).

    at: the fractions of the training at which it drops, in order; by default half and three
        quarters, as there.
    factor: what the rate is multiplied with at each of them.

    Raises:
        ValueError: at does not increase between 0 and 1, or factor is not above 0.
    """

    def __init__(self, at: tuple[float, ...] = (0.5, 0.75), factor: float = 0.1) -> None:
        if not all(a < b for a, b in pairwise([0, *at, 1])):
            raise ValueError(f"at is {list(at)}: it must increase, between 0 and 1")
        if factor <= 0:
            raise ValueError(f"factor is {factor:g}: it must be above 0")
        self.at, self.drop = at, factor

    def factor(self, progress: Progress) -> float:
        """`factor` to the power of the number of drops so far."""
        done = progress.step / progress.steps  # rounded like the fractions of a recipe, as 0.7
        return float(self.drop ** sum(time <= done for time in self.at))
