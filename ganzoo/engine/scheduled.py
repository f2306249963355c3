"""A schedule with its warm-up: the factor of a learning rate or of a term's weight."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces import Progress, Schedule


@dataclass(frozen=True)
class Factor:
    """A schedule's factor, which a linear warm-up reduces in the first `warmup` steps.

    In step t, counted from 0, it is multiplied by (t + 1) / warmup (Goyal et al. 2017,
    arXiv:1706.02677, section 2.2).
    """

    schedule: Schedule
    warmup: int = 0

    def at(self, progress: Progress) -> float:
        """The factor for the step about to be made."""
        warmed_up = min(1.0, (progress.step + 1) / self.warmup) if self.warmup else 1.0
        return warmed_up * self.schedule.factor(progress)
