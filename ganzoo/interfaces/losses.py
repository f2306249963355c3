"""The contracts of losses and penalties: the terms of the objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn


class Loss(nn.Module, ABC):
    """A term of the objective. The parameters of `forward` are its wires; it returns a scalar.

    notation: how the paper writes it, with the wires in braces (`E‖{prediction} - {target}‖₁`).
    compares: the wires whose images should become alike. From them follows of which variable a
        network's images are, and how many channels they have.
    """

    notation: ClassVar[str] = ""
    compares: ClassVar[tuple[str, ...]] = ("prediction", "target")


class AdversarialLoss(nn.Module, ABC):
    """What generators and discriminators minimise against each other, computed from logits.

    A discriminator with several scales gives several tensors of logits: each method is called for
    each of them, and the losses are averaged.

    needs_real: the generators' loss needs the real logits too (relativistic losses).
    notation: how the paper writes it, with {real} and {fake} in place of the wires.
    """

    needs_real: ClassVar[bool] = False
    notation: ClassVar[str] = ""

    @abstractmethod
    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """The scalar that the generators minimise.

        fake: logits of fakes. real: logits of real samples, given only where `needs_real`.
        """

    @abstractmethod
    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The scalar that the discriminator minimises, for logits of real samples and of fakes."""


@dataclass(frozen=True)
class DiscriminatorOutput:
    """What a discriminator was shown, all real or all fake, and the logits it gave.

    arguments: the tensors (N, ...) that the player's own networks take; floating-point ones require
        a gradient. In `D(T(y))`, where T is not the player's, that is T(y). A list of images counts
        as that many arguments.
    logits: float32 (or float64), one tensor for each of the discriminator's scales.
    """

    arguments: tuple[Tensor, ...]
    logits: list[Tensor]


Discriminate = Callable[..., list[Tensor]]
"""A discriminator: `discriminate(*arguments)` gives logits, one tensor for each of its scales."""


class Penalty(nn.Module, ABC):
    """A term that the discriminator minimises beside an adversarial one, in full precision.

    notation: how the paper writes it, with {real} and {fake} in place of the wires.
    """

    notation: ClassVar[str] = ""

    @abstractmethod
    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """The scalar to minimise, which can be differentiated.

        discriminate: gives logits for other arguments, as for points between real and fake ones.
        Random numbers are drawn from torch's global generator, which is seeded for each step.
        """
