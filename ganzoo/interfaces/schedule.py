"""What a schedule is: a factor over training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where training is: `step` of `steps` and `epoch` of `epochs`, both counted from 0."""

    step: int
    steps: int
    epoch: int
    epochs: float


class Schedule(ABC):
    """The learning rate over training, as a factor of its first value."""

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """The factor for the step about to be made."""
