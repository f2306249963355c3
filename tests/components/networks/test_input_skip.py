"""Generators that start as a copy of their input."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional

from ganzoo.components.inits import KaimingInit, NormalInit, OrthogonalInit, XavierInit
from ganzoo.components.networks.input_skip import add_to_input
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet

KINDS = [(ResNet, {"width": 4, "blocks": 1}), (UNet, {"width": 4, "layers": 3})]
each_kind = pytest.mark.parametrize(("kind", "settings"), KINDS)


def images(*shape):
    """Images whose first pixels are as dark and as bright as they can be."""
    values = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    values[..., 0, 0], values[..., 0, 1] = -1, 1
    return values


@each_kind
@pytest.mark.parametrize("sides", [(16, 24), (13, 9)])
def test_the_output_starts_as_the_input_bit_for_bit(kind, settings, sides):
    network, x = kind(**settings, skip="input"), images(2, 3, *sides)
    assert torch.equal(network(x), x)


@each_kind
@pytest.mark.parametrize("init", [NormalInit, XavierInit, KaimingInit, OrthogonalInit])
def test_every_init_leaves_it_a_copy_and_fills_the_rest(kind, settings, init):
    network, x = kind(**settings, skip="input"), images(1, 3, 16, 16)
    init()(copy_of := copy.deepcopy(network))
    assert torch.equal(copy_of(x), x)
    changed = [
        name
        for name, weight in copy_of.named_parameters()
        if not torch.equal(weight, network.get_parameter(name)) and name.endswith("weight")
    ]
    last = [name for name, weight in copy_of.named_parameters() if not weight.any()]
    assert len(changed) >= 3
    assert len([name for name in last if name.endswith("weight")]) == 1


@each_kind
def test_a_step_changes_it(kind, settings):
    torch.manual_seed(0)
    network, x = kind(**settings, skip="input"), images(2, 3, 16, 16)
    NormalInit(0.2)(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(2):  # the last convolution moves first, and lets gradients of the rest through
        optimizer.zero_grad()
        (network(x) - 0.5).abs().mean().backward()
        optimizer.step()
    assert all(p.grad is not None for p in network.parameters())
    assert sum(bool(p.grad.any()) for p in network.parameters()) > 3
    assert not torch.equal(network(x), x)
    assert network(x).abs().max() <= 1


@each_kind
def test_weights_are_those_of_the_plain_network(kind, settings):
    torch.manual_seed(0)
    plain, skipping = kind(**settings), kind(**settings, skip="input")
    skipping.load_state_dict(plain.state_dict())
    x = images(1, 3, 16, 16)
    expected = x + plain.eval()(x)
    torch.testing.assert_close(skipping.eval()(x), expected.clamp(-1, 1))


def test_values_and_gradients_by_hand():
    x = torch.tensor([[[[0.0, 0.75, -1.0, 1.0]]]], requires_grad=True)
    change = torch.tensor([[[[0.25, 0.5, 0.25, 0.0]]]], requires_grad=True)
    out = add_to_input(x, change)
    assert out.tolist() == [[[[0.25, 1.0, -0.75, 1.0]]]]
    out.sum().backward()
    assert change.grad.tolist() == x.grad.tolist() == [[[[1.0, 1.0, 1.0, 1.0]]]]


def test_terms_that_hold_a_copy_do_not_pin_it():
    """A pull of 0.4 at every other pixel against an L1 of 0.25, which has its kink at the copy."""
    torch.manual_seed(0)
    network, x = ResNet(width=4, blocks=1, kernel=3, skip="input"), images(1, 3, 16, 16)
    NormalInit()(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    pull = torch.zeros_like(x)
    pull[:, :1] = -0.4
    for _ in range(30):
        optimizer.zero_grad()
        out = network(x)
        (0.25 * functional.l1_loss(out, x) + (pull * out).mean()).backward()
        optimizer.step()
    assert (network(x) - x)[:, :1].mean() > 0.01


@each_kind
def test_other_channels_out_than_in_are_refused(kind, settings):
    with pytest.raises(ValueError, match="in_channels is 1 and out_channels 3: they must be equal"):
        kind(**settings, in_channels=1, skip="input")
    with pytest.raises(ValueError, match="no skip 'output': choose none or input"):
        kind(**settings, skip="output")


def test_checkpointing_and_features_are_those_of_the_plain_network():
    settings = {"width": 4, "blocks": 2, "layers": (0, 4, 8)}
    without = ResNet(**settings)
    skipping, thrifty = (
        ResNet(**settings, skip="input"),
        ResNet(**settings, skip="input", checkpointing=True),
    )
    x = images(1, 3, 16, 16)
    for network in (skipping, thrifty):
        network.load_state_dict(without.state_dict())
        network(x).square().sum().backward()
    for one, other in zip(skipping.parameters(), thrifty.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)
    pairs = zip(skipping.features(x), without.features(x), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def test_autocast_leaves_the_copy_exact():
    x = images(1, 3, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ResNet(width=4, blocks=1, skip="input")(x), x)
