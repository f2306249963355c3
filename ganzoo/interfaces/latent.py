"""The contract of a latent: a random input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from ganzoo.interfaces.variable import Variable


class Latent(ABC):
    """A random input, drawn anew for every step."""

    @abstractmethod
    def variable(self, variables: Mapping[str, Variable]) -> Variable:
        """The shape of what is drawn, given the data's variables."""

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        """A tensor of the given shape (N, ...), on the CPU.

        rng: the only source of randomness.
        """
