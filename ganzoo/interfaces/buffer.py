"""What a buffer is: a discriminator's memory of past fakes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from torch import Tensor


class Buffer(ABC):
    """What a critic sees in place of the newest fakes; a sample is the tuple of its arguments."""

    @abstractmethod
    def draw(self, fakes: tuple[Tensor, ...], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Swap fakes for past ones; tensors (N, ...), detached, shapes unchanged."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything a resume needs."""

    @abstractmethod
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up a saved state."""
