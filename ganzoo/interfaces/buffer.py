"""The contract of a buffer: past fakes that a discriminator is shown again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from torch import Tensor


class Buffer(ABC):
    """Past fakes that a discriminator is shown in place of some new ones.

    A discriminator that takes several arguments, as `D(x, y)`, gets all of them from one past fake.
    """

    @abstractmethod
    def draw(self, fakes: tuple[Tensor, ...], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Fakes to show, in place of the new ones.

        fakes: one detached tensor (N, ...) for each argument of the discriminator. The returned
            tensors have the same shapes. Keep copies: their memory is used again in the next step.
        rng: the only source of randomness.
        """

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint must hold for an exact resume."""

    @abstractmethod
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` returned."""
