"""What a loss and a penalty are: terms of the objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn


class Loss(nn.Module, ABC):
    """A plain term: the parameters of `forward` are its wires; it returns a scalar.

    notation: how the paper writes it, with the wires in braces (`E‖{prediction} - {target}‖₁`).
    """

    notation: ClassVar[str] = ""


class AdversarialLoss(nn.Module, ABC):
    """The game between generators and critics, on logits.

    needs_real: the generators' side looks at real logits too (relativistic losses).
    notation: how the paper writes it, of {real} and {fake}.
    """

    needs_real: ClassVar[bool] = False
    notation: ClassVar[str] = ""

    @abstractmethod
    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """What the generators minimise; with real logits, the whole of both sides."""

    @abstractmethod
    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the critic minimises."""


@dataclass(frozen=True)
class DiscriminatorOutput:
    """One side of a critic's term: what it was shown, and what it said of that.

    arguments: tensors (N, ...), what stands where the critic's own networks begin; floating-point
        ones require a gradient. A list of images counts as so many arguments.
    logits: float32 (or float64), one tensor for each of the critic's scales.
    """

    arguments: tuple[Tensor, ...]
    logits: list[Tensor]


Discriminate = Callable[..., list[Tensor]]
"""A discriminator: `discriminate(*arguments)` gives logits, one tensor for each of its scales."""


class Penalty(nn.Module, ABC):
    """What the critic pays beside an adversarial term, computed in full precision.

    notation: how the paper writes it, of {real} and {fake}.
    """

    notation: ClassVar[str] = ""

    @abstractmethod
    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """A scalar that can be differentiated; chance is torch's global one."""
