"""Generators that start as a copy of their input."""

from __future__ import annotations

import copy

import pytest
import torch

from ganzoo.components.networks.input_skip import InputSkip
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet

KINDS = [(ResNet, {"width": 4, "blocks": 1}), (UNet, {"width": 4, "layers": 3})]
each_kind = pytest.mark.parametrize(("kind", "settings"), KINDS)


def images(*shape):
    """Images whose first pixels are as dark and as bright as they can be."""
    made = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    made[..., 0, 0], made[..., 0, 1] = -1, 1
    return made


@each_kind
@pytest.mark.parametrize("sides", [(16, 24), (13, 9)])
def test_the_output_starts_as_the_input_bit_for_bit(kind, settings, sides):
    network, x = kind(**settings, skip="input"), images(2, 3, *sides)
    assert torch.equal(network(x), x)


@each_kind
def test_a_step_changes_it(kind, settings):
    torch.manual_seed(0)
    network, x = kind(**settings, skip="input"), images(2, 3, 16, 16)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(2):  # the gate moves first, and lets the gradient of the rest through
        optimizer.zero_grad()
        (network(x) - 0.5).abs().mean().backward()
        optimizer.step()
    assert network.skip.gate.abs() > 0.005
    assert all(p.grad is not None for p in network.parameters())
    assert not torch.equal(network(x), x)
    assert network(x).abs().max() <= 1


@each_kind
def test_weights_are_those_of_the_plain_network_and_a_gate(kind, settings):
    plain, skipping = kind(**settings), kind(**settings, skip="input")
    assert skipping.state_dict().keys() - plain.state_dict().keys() == {"skip.gate"}
    odd = skipping.load_state_dict(plain.state_dict(), strict=False)
    assert (odd.missing_keys, odd.unexpected_keys) == (["skip.gate"], [])
    x = images(1, 3, 16, 16)
    skipping.skip.gate.data.fill_(0.05)
    torch.manual_seed(0)
    expected = x + 0.5 * plain.eval()(x)
    torch.testing.assert_close(skipping.eval()(x), expected.clamp(-1, 1))


def test_values_and_gradients_of_the_skip_by_hand():
    skip = InputSkip(1, 1)
    skip.gate.data.fill_(0.05)
    x = torch.tensor([[[[0.0, 0.75, -1.0]]]])
    change = torch.tensor([[[[0.5, 1.0, 0.5]]]], requires_grad=True)
    out = skip(x, change)
    assert out.tolist() == [[[[0.25, 1.0, -0.75]]]]
    out.sum().backward()
    assert change.grad.tolist() == [[[[0.5, 0.5, 0.5]]]]
    assert skip.gate.grad.item() == 20.0  # ten times the sum of what is added


def test_at_the_start_black_and_white_have_a_gradient_too():
    skip = InputSkip(1, 1)
    skip(torch.tensor([[[[-1.0, 1.0]]]]), torch.tensor([[[[0.5, 0.25]]]])).sum().backward()
    assert skip.gate.grad.item() == 7.5


@each_kind
def test_other_channels_out_than_in_are_refused(kind, settings):
    with pytest.raises(ValueError, match="in_channels is 1 and out_channels 3: they must be equal"):
        kind(**settings, in_channels=1, skip="input")
    with pytest.raises(ValueError, match="no skip 'output': choose none or input"):
        kind(**settings, skip="output")


def test_checkpointing_and_features_are_those_of_the_plain_network():
    settings = {"width": 4, "blocks": 2, "layers": (0, 4, 8)}
    plain = ResNet(**settings, skip="input")
    plain.skip.gate.data.fill_(0.05)
    thrifty = ResNet(**settings, skip="input", checkpointing=True)
    thrifty.load_state_dict(plain.state_dict())
    for network in (plain, thrifty):
        network(images(1, 3, 16, 16)).square().sum().backward()
    for one, other in zip(plain.parameters(), thrifty.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)
    without = ResNet(**settings)
    without.load_state_dict(plain.state_dict(), strict=False)
    x = images(1, 3, 16, 16)
    pairs = zip(plain.features(x), without.features(x), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def test_autocast_leaves_the_copy_exact():
    x = images(1, 3, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ResNet(width=4, blocks=1, skip="input")(x), x)


def test_an_average_of_copies_is_a_copy():
    network = ResNet(width=4, blocks=1, skip="input")
    average = copy.deepcopy(network)
    for kept, new in zip(average.parameters(), network.parameters(), strict=True):
        kept.data.lerp_(new.data, 0.1)
    assert torch.equal(average(images(1, 3, 16, 16)), images(1, 3, 16, 16))
