"""Hand-computed values of every loss."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ganzoo.components.losses.adversarial import LSGAN, Hinge, Relativistic, Vanilla, Wasserstein
from ganzoo.components.losses.features import FeatureMatching
from ganzoo.components.losses.plain import L1, L2, Huber
from ganzoo.components.losses.structure import SSIM, TotalVariation
from ganzoo.interfaces import AdversarialLoss, Loss

ADVERSARIAL = [LSGAN(), Vanilla(), Hinge(), Wasserstein(), Relativistic(), Relativistic(True)]


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


def test_hinge():
    # real: max(0, 1 - .5) = .5, max(0, 1 - 3) = 0; fake: max(0, 1 - 1) = 0, max(0, 1 + 2) = 3
    loss = Hinge()
    assert loss.discriminator_loss(REAL, FAKE).item() == 0.25 + 1.5
    assert loss.generator_loss(FAKE).item() == -0.5
    assert loss.generator_loss(FAKE, REAL).item() == -0.5 + 1.75


def test_wasserstein():
    loss = Wasserstein()
    assert loss.discriminator_loss(REAL, FAKE).item() == 0.5 - 1.75
    assert loss.generator_loss(FAKE).item() == -0.5
    assert loss.generator_loss(FAKE, REAL).item() == -loss.discriminator_loss(REAL, FAKE).item()


def test_relativistic():
    # pairs: real - fake = 1.5 and 1
    loss = Relativistic()
    right = -(math.log(sigma(1.5)) + math.log(sigma(1))) / 2
    deceived = -(math.log(sigma(-1.5)) + math.log(sigma(-1))) / 2
    assert loss.discriminator_loss(REAL, FAKE).item() == pytest.approx(right, rel=1e-12)
    assert loss.generator_loss(FAKE, REAL).item() == pytest.approx(deceived, rel=1e-12)


def test_relativistic_average():
    # means: real 1.75, fake .5; real - .5 = 0, 2.5; fake - 1.75 = -2.75, .25
    loss = Relativistic(average=True)
    real, fake = [sigma(0), sigma(2.5)], [sigma(-2.75), sigma(0.25)]
    right = -sum(map(math.log, real)) / 2 - sum(math.log(1 - p) for p in fake) / 2
    deceived = -sum(map(math.log, fake)) / 2 - sum(math.log(1 - p) for p in real) / 2
    assert loss.discriminator_loss(REAL, FAKE).item() == pytest.approx(right, rel=1e-12)
    assert loss.generator_loss(FAKE, REAL).item() == pytest.approx(deceived, rel=1e-12)


def test_relativistic_losses_look_at_differences_only():
    for loss in (Relativistic(), Relativistic(average=True)):
        shifted = loss.discriminator_loss(REAL + 7, FAKE + 7)
        torch.testing.assert_close(shifted, loss.discriminator_loss(REAL, FAKE))
        assert loss.needs_real
        assert loss.generator_loss(FAKE, REAL) == loss.discriminator_loss(FAKE, REAL)
    one = tensor(2.0), tensor(-1.0)  # of one pair each is the mean, and the two parts are equal
    paired, average = (Relativistic(a).discriminator_loss(*one) for a in (False, True))
    assert average.item() == pytest.approx(2 * paired.item(), rel=1e-14)


def test_relativistic_losses_need_both_sides_in_pairs():
    with pytest.raises(ValueError, match="give both"):
        Relativistic().generator_loss(FAKE)
    with pytest.raises(ValueError, match=r"\(2,\) and \(1,\)"):
        Relativistic().discriminator_loss(REAL, FAKE[:1])
    assert Relativistic(average=True).discriminator_loss(REAL, FAKE[:1]).isfinite()


def test_plain():
    prediction, target = tensor(1.0, -2.0), tensor(0.5, 1.0)
    assert L1()(prediction, target).item() == (0.5 + 3) / 2
    assert L2()(prediction, target).item() == (0.25 + 9) / 2


def test_huber():
    # differences .5 and 3: .5²/2 below delta = 1, and 1 (3 - 1/2) beyond; half way for delta = .25
    prediction, target = tensor(1.0, -2.0), tensor(0.5, 1.0)
    assert Huber()(prediction, target).item() == (0.125 + 2.5) / 2
    assert Huber(delta=0.25)(prediction, target).item() == 0.25 * (0.375 + 2.875) / 2
    half_a_square = L2()(prediction, target) / 2
    assert Huber(delta=4)(prediction, target).item() == half_a_square.item()
    with pytest.raises(ValueError, match="delta is 0"):
        Huber(delta=0)


def test_total_variation():
    # down: |3 - 1|, |0 - 4| over 2 rows of 1 step; across: |4 - 1|, |0 - 3|
    image = torch.tensor([[[[1.0, 4.0], [3.0, 0.0]]]])
    assert TotalVariation()(image).item() == (2 + 4) / 2 + (3 + 3) / 2
    ramp = torch.arange(5.0).expand(2, 3, 4, 5)  # one step across, none down
    assert TotalVariation()(ramp).item() == 1
    assert TotalVariation()(torch.cat([ramp] * 2, 2)).item() == 1, "its size is no matter"
    # Through the volume: |3 - 1|, |0 - 4| and so on, four at each of the two places.
    volume = torch.stack([image, 2 * image], 2)
    across, through = (2 + 4 + 3 + 3) * 3 / 4, (1 + 4 + 3 + 0) / 4
    assert TotalVariation()(volume).item() == across + through
    with pytest.raises(ValueError, match="2 x 2 px or more, not 1 x 3 x 1 x 8"):
        TotalVariation()(torch.zeros(1, 3, 1, 8))


def test_feature_matching():
    prediction = [tensor(1.0, 2.0).requires_grad_(), tensor(5.0).requires_grad_()]
    target = [tensor(0.0, 4.0).requires_grad_(), tensor(2.0).requires_grad_()]
    loss = FeatureMatching()(prediction, target)
    assert loss.item() == (1.5 + 3) / 2, "layers count alike, however large"
    loss.backward()
    assert [p.grad.tolist() for p in prediction] == [[0.25, -0.25], [0.5]]
    assert [t.grad for t in target] == [None, None]
    assert FeatureMatching()(REAL, FAKE).item() == L1()(REAL, FAKE).item()


def test_features_of_two_networks_are_refused():
    with pytest.raises(ValueError, match="prediction has 2 features and target 1"):
        FeatureMatching()([REAL, FAKE], [REAL])
    with pytest.raises(ValueError, match="differ in shape: 2 and 1"):
        FeatureMatching()([REAL], [REAL[:1]])


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_the_generator_and_the_critic_pull_fakes_apart(loss: AdversarialLoss):
    fake = torch.zeros(3, requires_grad=True)
    (up,) = torch.autograd.grad(loss.generator_loss(fake, torch.zeros(3)), fake)
    (down,) = torch.autograd.grad(loss.discriminator_loss(torch.zeros(3), fake + 0.5), fake)
    assert (up < 0).all()
    assert loss.discriminator_loss(torch.ones(3), -torch.ones(3)) < loss.discriminator_loss(
        -torch.ones(3), torch.ones(3)
    )
    assert (down > 0).all()


def logits(*shape: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_both_sides_have_the_gradient_of_finite_differences(loss: AdversarialLoss):
    sides = [logits(3, 1, 2, 2, seed=seed).requires_grad_() for seed in (0, 1)]
    assert torch.autograd.gradcheck(loss.discriminator_loss, sides)
    assert torch.autograd.gradcheck(loss.generator_loss, sides)
    if not loss.needs_real:
        assert torch.autograd.gradcheck(loss.generator_loss, sides[:1])


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_half_a_batch_each_is_averaged(loss: AdversarialLoss):
    real, fake = logits(4, 1, 2, 2, seed=0), logits(4, 1, 2, 2, seed=1)
    halves = [loss.discriminator_loss(real[i : i + 2], fake[i : i + 2]) for i in (0, 2)]
    together = loss.discriminator_loss(real, fake)
    alike = torch.isclose(together, sum(halves) / 2, rtol=1e-12)
    assert alike.item() is not getattr(loss, "average", False)


@pytest.mark.parametrize(
    "loss", [L1(), L2(), Huber(delta=0.3), SSIM(), SSIM(0.7), FeatureMatching()]
)
def test_plain_losses_have_the_gradient_of_finite_differences(loss: Loss):
    sides = [(logits(2, 1, 11, 12, seed=seed) / 6).requires_grad_() for seed in (0, 1)]
    sides[1].requires_grad_(not isinstance(loss, FeatureMatching))
    assert torch.autograd.gradcheck(loss, sides, fast_mode=True)


def test_total_variation_has_the_gradient_of_finite_differences():
    image = logits(2, 2, 3, 4, seed=0).requires_grad_()
    assert torch.autograd.gradcheck(TotalVariation(), [image])


@pytest.mark.parametrize("loss", [type(loss) for loss in ADVERSARIAL])
def test_adversarial_notation_names_both_sides(loss: type[AdversarialLoss]):
    assert "D(y)" in loss.notation.format(real="D(y)", fake="D(G(x))")
    assert "D(G(x))" in loss.notation.format(real="D(y)", fake="D(G(x))")


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (L1, "‖F(G(x)) - x‖₁"),
        (L2, "‖F(G(x)) - x‖₂²"),
        (Huber, "Huber(F(G(x)) - x)"),
        (SSIM, "1 - SSIM(F(G(x)), x)"),
        (FeatureMatching, "‖F(G(x)) - x‖₁"),
        (TotalVariation, "‖∇G(x)‖₁"),
    ],
)
def test_plain_notation(loss: type[Loss], expected: str):
    assert loss.notation.format(prediction="F(G(x))", target="x", image="G(x)") == expected


@pytest.mark.parametrize("loss", [L1, L2, Huber, SSIM, FeatureMatching])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match="1 x 1 x 2 x 2 and 1 x 3 x 2 x 2"):
        loss()(torch.zeros(1, 1, 2, 2), torch.zeros(1, 3, 2, 2))
