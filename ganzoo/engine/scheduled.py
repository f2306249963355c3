"""A schedule with its warm-up: a factor for a learning rate or for the weight of a term."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces import Progress, Schedule


@dataclass(frozen=True)
class Factor:
    """A schedule's factor, reduced by a linear warm-up in the first `warmup` steps.

    In step t, counted from 0, the factor is multiplied by (t + 1) / warmup (Goyal et al. 2017,
    arXiv:1706.02677, section 2.2).
    """

    schedule: Schedule
    warmup: int = 0

    def at(self, progress: Progress) -> float:
        """The factor for the next step."""
        warmed_up = min(1.0, (progress.step + 1) / self.warmup) if self.warmup else 1.0
        return warmed_up * self.schedule.factor(progress)
