"""Penalties against analytic critics, a loop over samples, and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.utils.flop_counter import FlopCounterMode

from ganzoo.components.losses.penalties import R1, R2, Gradient
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.pixel import PixelDiscriminator
from ganzoo.interfaces import Discriminate, DiscriminatorOutput

PENALTIES = [R1(), R2(), Gradient(), Gradient(target=0.5)]


def images(*shape: int, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=rng, dtype=torch.float64) * 2 - 1


def sides_of(logits_of: Discriminate, *arguments: Tensor) -> DiscriminatorOutput:
    """What the host hands over: detached arguments that require a gradient, and logits."""
    leaves = tuple(
        a.detach().clone().requires_grad_() if a.is_floating_point() else a for a in arguments
    )
    return DiscriminatorOutput(leaves, logits_of(*leaves))


def play(
    penalty, logits_of: Discriminate, real: tuple[Tensor, ...], fake: tuple[Tensor, ...]
) -> Tensor:
    torch.manual_seed(3)
    return penalty(logits_of, sides_of(logits_of, *real), sides_of(logits_of, *fake))


def shares(count: int) -> Tensor:
    """The ε that `play` draws."""
    torch.manual_seed(3)
    return torch.rand(count).double()


def critic_of(network: nn.Module) -> Discriminate:
    def logits_of(*arguments: Tensor) -> list[Tensor]:
        logits = network(*arguments)
        return logits if isinstance(logits, list) else [logits]

    return logits_of


X, FAKE = images(4, 2, 3, 3, seed=1), images(4, 2, 3, 3, seed=2)


def test_a_linear_critic_by_hand():
    # D(x) = 2 x1 - x2 + 2 x3: its gradient is (2, -1, 2) everywhere, of length 3
    weight = torch.tensor([2.0, -1.0, 2.0], dtype=torch.float64)

    def logits_of(x: Tensor) -> list[Tensor]:
        return [x @ weight + 5]

    real, fake = (images(4, 3, seed=1),), (images(4, 3, seed=2),)
    assert play(R1(), logits_of, real, fake).item() == pytest.approx(4.5, rel=1e-14)
    assert play(R2(), logits_of, real, fake).item() == pytest.approx(4.5, rel=1e-14)
    assert play(Gradient(), logits_of, real, fake).item() == pytest.approx(4, rel=1e-14)
    assert play(Gradient(target=2.5), logits_of, real, fake).item() == pytest.approx(
        0.25, rel=1e-14
    )


def test_a_quadratic_critic_by_hand():
    # D(x) = ½ xᵀAx: its gradient is Ax
    matrix = images(3, 3, seed=5)
    matrix = matrix + matrix.T
    real, fake = images(4, 3, seed=1), images(4, 3, seed=2)

    def logits_of(x: Tensor) -> list[Tensor]:
        return [((x @ matrix) * x).sum(1, keepdim=True) / 2]

    def half(x: Tensor) -> float:
        return sum((matrix @ row).square().sum().item() for row in x) / 4 / 2

    assert play(R1(), logits_of, (real,), (fake,)).item() == pytest.approx(half(real), rel=1e-12)
    assert play(R2(), logits_of, (real,), (fake,)).item() == pytest.approx(half(fake), rel=1e-12)
    pairs = zip(shares(4), real, fake, strict=True)
    slopes = [(matrix @ (e * r + (1 - e) * f)).norm().item() for e, r, f in pairs]
    expected = sum((slope - 1) ** 2 for slope in slopes) / 4
    assert play(Gradient(), logits_of, (real,), (fake,)).item() == pytest.approx(
        expected, rel=1e-12
    )


def test_patches_and_scales_are_averaged():
    # Every pixel its own logit, 18 of them: the mean has a gradient of 1/18 in each, 18/18² in all.
    assert play(R1(), lambda x: [x], (X,), (FAKE,)).item() == pytest.approx(1 / 36, rel=1e-12)
    # A second scale of one logit, 6 times the mean: (1/18 + 6/18)/2 in each.
    scales = [lambda x: x, lambda x: 6 * x.mean((1, 2, 3))]
    together = play(R1(), lambda x: [scale(x) for scale in scales], (X,), (FAKE,))
    assert together.item() == pytest.approx(18 * (3.5 / 18) ** 2 / 2, rel=1e-12)


def test_what_is_found_with_sums_can_be_written_as_means():
    network = PatchGAN(2, 4, layers=1, norm="group").double()
    real, fake = (images(2, 2, 12, 12, seed=1),), (images(2, 2, 12, 12, seed=2),)
    patches = network(*real)[0].numel()

    def summed(x: Tensor) -> list[Tensor]:
        return [network(x).sum((1, 2, 3))]

    logits_of = critic_of(network)
    assert patches > 1
    for of_sum, of_mean in [(R1(), R1()), (Gradient(), Gradient(target=1 / patches))]:
        expected = play(of_sum, summed, real, fake)
        torch.testing.assert_close(patches**2 * play(of_mean, logits_of, real, fake), expected)


@pytest.fixture(params=["patchgan", "pixel"])
def network(request) -> nn.Module:
    torch.manual_seed(0)
    if request.param == "pixel":
        return PixelDiscriminator(2, 4).double()
    return PatchGAN(2, 4, layers=1).double()


def test_a_loop_over_samples_agrees(network):
    """By torch.func: one sample at a time, without the batch and without create_graph."""
    real, fake = images(3, 2, 8, 8, seed=1), images(3, 2, 8, 8, seed=2)
    slope = vmap(grad(lambda x: network(x[None]).mean()))
    logits_of = critic_of(network)

    def norms(x: Tensor) -> Tensor:
        return slope(x).flatten(1).norm(dim=1)

    e = shares(3)[:, None, None, None]
    for penalty, expected in [
        (R1(), norms(real).square().mean() / 2),
        (R2(), norms(fake).square().mean() / 2),
        (Gradient(), (norms(e * real + (1 - e) * fake) - 1).square().mean()),
    ]:
        torch.testing.assert_close(play(penalty, logits_of, (real,), (fake,)), expected)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: type(p).__name__)
def test_the_gradient_for_the_parameters_is_that_of_finite_differences(penalty, network):
    real, fake = (images(2, 2, 6, 6, seed=1),), (images(2, 2, 6, 6, seed=2),)
    names = [name for name, _ in network.named_parameters()]
    values = [p.detach().clone().requires_grad_() for p in network.parameters()]

    def of_parameters(*values: Tensor) -> Tensor:
        state = dict(zip(names, values, strict=True))
        logits_of = critic_of(lambda x: functional_call(network, state, (x,)))
        return play(penalty, logits_of, real, fake)

    assert torch.autograd.gradcheck(of_parameters, values, fast_mode=True)


@pytest.mark.parametrize("norm", ["instance", "group", "none"])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_single_precision_is_near_double(norm, memory):
    """Of the second derivatives too, in both memory formats."""
    torch.manual_seed(0)
    network = PatchGAN(3, 8, layers=2, norm=norm)
    real, fake = images(2, 3, 24, 24, seed=1), images(2, 3, 24, 24, seed=2)
    found = {}
    for dtype in (torch.float32, torch.float64):
        network.to(dtype=dtype, memory_format=memory)
        given = [(x.to(dtype).contiguous(memory_format=memory),) for x in (real, fake)]
        loss = sum(play(penalty, critic_of(network), *given) for penalty in PENALTIES)
        gradients = torch.autograd.grad(loss, list(network.parameters()), materialize_grads=True)
        found[dtype] = [loss, *gradients]
    scale = max(double.abs().max().item() for double in found[torch.float64])
    for single, double in zip(found[torch.float32], found[torch.float64], strict=True):
        torch.testing.assert_close(single.double(), double, atol=1e-5 * scale, rtol=0)


def test_sides_exchanged_r1_is_r2(network):
    logits_of, real, fake = critic_of(network), (X,), (FAKE,)
    if isinstance(network, PatchGAN):
        real, fake = (images(3, 2, 8, 8, seed=1),), (images(3, 2, 8, 8, seed=2),)
    assert play(R1(), logits_of, real, fake) == play(R2(), logits_of, fake, real)
    assert play(R1(), logits_of, real, fake) != play(R2(), logits_of, real, fake)
    same = play(Gradient(target=0), logits_of, real, real)
    torch.testing.assert_close(same, 2 * play(R1(), logits_of, real, fake))


class Conditional(nn.Module):
    """A critic of images and a class, or of two images."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 18, dtype=torch.float64)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        if c.is_floating_point():
            return (x.square() + 3 * c).sum((1, 2, 3))
        return (self.embedding(c) * x.flatten(1).square()).sum(1)


def test_labels_are_those_of_the_real_side_and_have_no_slope():
    torch.manual_seed(0)
    network, (c, d) = Conditional(), torch.tensor([[0, 1, 2, 3], [4, 4, 4, 4]])
    seen: list[Tensor] = []

    def logits_of(x: Tensor, label: Tensor) -> list[Tensor]:
        seen.append(label)
        return [network(x, label)]

    table = network.embedding.weight
    found = play(R1(), logits_of, (X, c), (FAKE, d))
    slopes = 2 * table[c] * X.flatten(1)
    torch.testing.assert_close(found, slopes.square().sum(1).mean() / 2)
    e = shares(4)[:, None]
    mix = e * X.flatten(1) + (1 - e) * FAKE.flatten(1)
    expected = ((2 * table[c] * mix).norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(play(Gradient(), logits_of, (X, c), (FAKE, d)), expected)
    assert torch.equal(seen[-1], c)


def test_all_images_count_and_share_one_mixture():
    # D(x, c) = Σ x² + 3 Σ c: its gradient is (2x, 3)
    network = Conditional()
    logits_of = critic_of(network)
    other = images(4, 2, 3, 3, seed=4)
    found = play(R1(), logits_of, (X, other), (FAKE, X))
    assert found.item() == pytest.approx((4 * X.square().sum().item() / 4 + 18 * 9) / 2, rel=1e-12)
    seen: list[tuple[Tensor, Tensor]] = []

    def noting(x: Tensor, c: Tensor) -> list[Tensor]:
        seen.append((x, c))
        return logits_of(x, c)

    play(Gradient(), noting, (X, other), (FAKE, X))
    e = shares(4)[:, None, None, None]
    torch.testing.assert_close(seen[-1][0], e * X + (1 - e) * FAKE)
    torch.testing.assert_close(seen[-1][1], e * other + (1 - e) * X)


def test_mixtures_are_uniform_one_for_each_sample_and_new_each_time():
    seen: list[Tensor] = []

    def logits_of(x: Tensor) -> list[Tensor]:
        seen.append(x)
        return [x.square().sum((1, 2))]

    real, fake = torch.ones(4000, 2, 3), torch.zeros(4000, 2, 3)
    sides = sides_of(logits_of, real), sides_of(logits_of, fake)
    torch.manual_seed(0)
    Gradient()(logits_of, *sides)
    first = seen[-1].detach()
    Gradient()(logits_of, *sides)
    assert not torch.equal(first, seen[-1])
    shares = first[:, 0, 0]
    assert torch.equal(first, shares[:, None, None].expand_as(first))
    expected = torch.linspace(0, 1, 4000)
    assert (shares.sort().values - expected).abs().max() < 0.03  # Kolmogorov-Smirnov, 1e-3


def test_an_argument_the_critic_ignores_has_no_slope():
    def logits_of(x: Tensor, y: Tensor) -> list[Tensor]:
        return [x.square().sum((1, 2, 3))]

    assert play(R1(), logits_of, (X, X), (FAKE, FAKE)) == play(
        R1(), lambda x: logits_of(x, x), (X,), (FAKE,)
    )


def test_a_critic_without_slope_pays_and_its_gradient_is_finite():
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Conv2d(4, 1, 1)).double()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    for penalty, expected in [(R1(), 0), (R2(), 0), (Gradient(), 1)]:
        loss = play(penalty, critic_of(network), (X,), (FAKE,))
        loss.backward()
        assert loss.item() == expected
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in network.parameters())


def test_shapes_without_numbers():
    with torch.device("meta"):
        network = PatchGAN(3, 4, layers=1)
        x = torch.empty(2, 3, 16, 16)
    for penalty in PENALTIES:
        loss = play(penalty, critic_of(network), (x,), (x,))
        loss.backward()
        assert loss.shape == ()
        assert network.model[0].weight.grad is not None


def test_a_mixture_can_be_differentiated_while_work_is_counted():
    """The counter hooks modules in a way that lets no gradient be taken by a leaf."""
    network = PatchGAN(3, 4, layers=1)
    x = torch.rand(2, 3, 16, 16)
    with FlopCounterMode(display=False) as counter:
        play(Gradient(), critic_of(network), (x,), (-x,)).backward()
    assert counter.get_total_flops() > 0
    assert network.model[0].weight.grad is not None


def test_wrong_sides():
    small = images(4, 2, 3, 2)
    with pytest.raises(ValueError, match="4 x 2 x 3 x 3 and 4 x 2 x 3 x 2"):
        play(Gradient(), lambda x: [x], (X,), (small,))
    with pytest.raises(ValueError, match="differ in shape"):
        play(Gradient(), lambda *x: [x[0]], (X,), (X, X))
    with pytest.raises(ValueError, match="nothing but labels"):
        play(R1(), lambda c: [c.double()], (torch.arange(3),), (torch.arange(3),))
    with pytest.raises(ValueError, match="target is -1"):
        Gradient(target=-1)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: type(p).__name__)
def test_notation(penalty):
    written = penalty.notation.format(real="D(y)", fake="D(G(x))")
    assert ("D(y)" in written) is not isinstance(penalty, R2)
    assert ("D(G(x))" in written) is not isinstance(penalty, R1)
