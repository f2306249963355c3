"""Adversarial losses, as functions of logits.

With real logits, the generators' loss is that of the whole game with swapped labels (BiGAN,
Donahue et al. 2016, arXiv:1605.09782; ALI, Dumoulin et al. 2016, arXiv:1606.00704): a sum, as in
those papers. The discriminators' loss has a real and a fake term: `lsgan` and `vanilla` average
the two, as the authors of CycleGAN do; the others sum them, as their papers do.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

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


class Hinge(AdversarialLoss):
    """Logits beyond the margin, 1 for real and -1 for fake, no longer train the discriminator.

    Lim, Ye 2017, arXiv:1705.02894; in this form Miyato et al. 2018, arXiv:1802.05957.
    """

    notation: ClassVar[str] = "E[max(0, 1 - {real})] + E[max(0, 1 + {fake})]"

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """-E[fake], plus E[real] where real logits are given."""
        return _mean_difference(fake, real)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[max(0, 1 - real)] + E[max(0, 1 + fake)]."""
        return relu(1 - real).mean() + relu(1 + fake).mean()


class Wasserstein(AdversarialLoss):
    """The Wasserstein-1 distance (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2).

    It is that only if the discriminator's slope is bounded: give the term the penalty `gradient`.
    """

    notation: ClassVar[str] = "E[{real}] - E[{fake}]"

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """-E[fake], plus E[real] where real logits are given."""
        return _mean_difference(fake, real)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[fake] - E[real]."""
        return fake.mean() - real.mean()


class Relativistic(AdversarialLoss):
    """Whether real looks more real than fake (Jolicoeur-Martineau 2018, arXiv:1807.00734).

    Each real logit is compared with the fake one at its place in the batch, so both have one shape
    (RSGAN there; RpGAN in Huang et al. 2024, arXiv:2501.05441).
    -log σ(t) = log(1 + e⁻ᵗ) = softplus(-t).

    average: instead, each logit meets the mean of the other side's, over the patches and the batch
        of one process (RaSGAN), and each player's loss is a sum of two terms.
    """

    needs_real: ClassVar[bool] = True
    notation: ClassVar[str] = "E[log σ({real} - {fake})]"

    def __init__(self, average: bool = False) -> None:
        super().__init__()
        self.average = average

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """-E[log σ(fake - real)].

        With `average`, -E[log σ(fake - E[real])] - E[log(1 - σ(real - E[fake]))].

        Raises:
            ValueError: real logits are missing, or paired with fake ones of another shape.
        """
        if real is None:
            raise ValueError("a relativistic loss compares fake logits with real ones: give both")
        return self._lead(fake, real)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[log σ(real - fake)].

        With `average`, -E[log σ(real - E[fake])] - E[log(1 - σ(fake - E[real]))].

        Raises:
            ValueError: real logits are paired with fake ones of another shape.
        """
        return self._lead(real, fake)

    def _lead(self, high: Tensor, low: Tensor) -> Tensor:
        """A cost that falls as `high` rises above `low`."""
        if self.average:
            return softplus(low.mean() - high).mean() + softplus(low - high.mean()).mean()
        if high.shape != low.shape:
            raise ValueError(
                f"real and fake logits are compared in pairs, and differ in shape: "
                f"{tuple(high.shape)} and {tuple(low.shape)}; with average = true they may"
            )
        return softplus(low - high).mean()


def _mean_difference(fake: Tensor, real: Tensor | None) -> Tensor:
    """-E[fake], plus E[real] where real logits are given: high fakes and low reals cost least."""
    return -fake.mean() if real is None else real.mean() - fake.mean()
