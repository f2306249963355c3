"""Adversarial losses, as functions of logits.

Given real logits too, the generators' side is the whole game with the labels swapped (BiGAN,
Donahue et al. 2016, arXiv:1605.09782; ALI, Dumoulin et al. 2016, arXiv:1606.00704): a sum, as in
those papers, while the critics' side averages its two parts, as the authors of CycleGAN do.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import logsigmoid

from ganzoo.interfaces import AdversarialLoss


class LSGAN(AdversarialLoss):
    """Least squares: real is 1, fake is 0 (Mao et al. 2016, arXiv:1611.04076, eq. 2, 9)."""

    notation: ClassVar[str] = "E[({real} - 1)²] + E[({fake})²]"

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """E[(fake - 1)²], plus E[real²] where real logits are given."""
        loss = (fake - 1).square().mean()
        return loss if real is None else loss + real.square().mean()

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The average of E[(real - 1)²] and E[fake²]."""
        return ((real - 1).square().mean() + fake.square().mean()) / 2


class Vanilla(AdversarialLoss):
    """Cross-entropy, non-saturating (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1, sec. 3).

    D(x) = σ(logit), and 1 - σ(logit) = σ(-logit).
    """

    notation: ClassVar[str] = "E[log σ({real})] + E[log(1 - σ({fake}))]"

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """-E[log σ(fake)], plus -E[log(1 - σ(real))] where real logits are given."""
        loss = -logsigmoid(fake).mean()
        return loss if real is None else loss - logsigmoid(-real).mean()

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The average of -E[log σ(real)] and -E[log(1 - σ(fake))]."""
        return -(logsigmoid(real).mean() + logsigmoid(-fake).mean()) / 2
