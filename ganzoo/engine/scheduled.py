"""A schedule behind its warm-up: what a learning rate or a weight is multiplied by."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces import Progress, Schedule


@dataclass(frozen=True)
class Factor:
    """The schedule's factor, risen to in a straight line over the first `warmup` steps.

    (Goyal et al. 2017, arXiv:1706.02677, section 2.2.) Step t of the warm-up has (t + 1) / warmup
    of it.
    """

    schedule: Schedule
    warmup: int = 0

    def at(self, progress: Progress) -> float:
        """The factor for the step about to be made."""
        risen = min(1.0, (progress.step + 1) / self.warmup) if self.warmup else 1.0
        return risen * self.schedule.factor(progress)
