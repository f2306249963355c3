"""The contract of a schedule: a factor that changes while training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far training is: step `step` of `steps`, in epoch `epoch` of `epochs`; counted from 0.

    epochs: how many epochs all steps take together; the last one may be a fraction.
    """

    step: int
    steps: int
    epoch: int
    epochs: float


class Schedule(ABC):
    """A factor of the learning rate, or of a term's weight, for each step of training."""

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """The factor for the step about to be made."""
