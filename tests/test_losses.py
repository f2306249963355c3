"""Hand-computed values of every loss."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ganzoo.interfaces import AdversarialLoss, Loss
from ganzoo.losses.adversarial import LSGAN, Vanilla
from ganzoo.losses.plain import L1, L2


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


REAL, FAKE = tensor(0.5, 3.0), tensor(-1.0, 2.0)


def test_lsgan():
    # (-1 - 1)² = 4, (2 - 1)² = 1; real against 0: .25, 9; real against 1: .25, 4; fake: 1, 4
    assert LSGAN().generator_loss(FAKE).item() == 2.5
    assert LSGAN().generator_loss(FAKE, REAL).item() == 2.5 + 4.625
    assert LSGAN().discriminator_loss(REAL, FAKE).item() == (2.125 + 2.5) / 2


def sigma(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_vanilla():
    loss = Vanilla()
    deceived = -(math.log(sigma(-1)) + math.log(sigma(2))) / 2
    swapped = -(math.log(1 - sigma(0.5)) + math.log(1 - sigma(3))) / 2
    right_on_real = -(math.log(sigma(0.5)) + math.log(sigma(3))) / 2
    right_on_fake = -(math.log(1 - sigma(-1)) + math.log(1 - sigma(2))) / 2
    assert loss.generator_loss(FAKE).item() == pytest.approx(deceived, rel=1e-12)
    assert loss.generator_loss(FAKE, REAL).item() == pytest.approx(deceived + swapped, rel=1e-12)
    judged = loss.discriminator_loss(REAL, FAKE).item()
    assert judged == pytest.approx((right_on_real + right_on_fake) / 2, rel=1e-12)


def test_vanilla_is_cross_entropy_even_for_extreme_logits():
    logits = tensor(-2000.0, -30.0, 0.0, 30.0, 2000.0)
    expected = binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    torch.testing.assert_close(Vanilla().generator_loss(logits), expected, rtol=1e-14, atol=0)


def test_plain():
    prediction, target = tensor(1.0, -2.0), tensor(0.5, 1.0)
    assert L1()(prediction, target).item() == (0.5 + 3) / 2
    assert L2()(prediction, target).item() == (0.25 + 9) / 2


@pytest.mark.parametrize("loss", [LSGAN(), Vanilla()])
def test_the_generator_and_the_critic_pull_fakes_apart(loss: AdversarialLoss):
    fake = torch.zeros(3, requires_grad=True)
    (up,) = torch.autograd.grad(loss.generator_loss(fake), fake)
    (down,) = torch.autograd.grad(loss.discriminator_loss(torch.zeros(3), fake + 0.5), fake)
    assert (up < 0).all()
    assert loss.discriminator_loss(torch.ones(3), -torch.ones(3)) < loss.discriminator_loss(
        -torch.ones(3), torch.ones(3)
    )
    assert (down > 0).all()


@pytest.mark.parametrize("loss", [LSGAN, Vanilla])
def test_adversarial_notation_names_both_sides(loss: type[AdversarialLoss]):
    assert "D(y)" in loss.notation.format(real="D(y)", fake="D(G(x))")
    assert "D(G(x))" in loss.notation.format(real="D(y)", fake="D(G(x))")


@pytest.mark.parametrize(("loss", "expected"), [(L1, "‖F(G(x)) - x‖₁"), (L2, "‖F(G(x)) - x‖₂²")])
def test_plain_notation(loss: type[Loss], expected: str):
    assert loss.notation.format(prediction="F(G(x))", target="x") == expected


@pytest.mark.parametrize("loss", [L1, L2])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match="1 x 1 x 2 x 2 and 1 x 3 x 2 x 2"):
        loss()(torch.zeros(1, 1, 2, 2), torch.zeros(1, 3, 2, 2))
