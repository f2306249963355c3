"""The layer in a network: other arithmetic, the same network."""

from __future__ import annotations

import inspect

import pytest
import torch
from ganzoo.components.networks.padding import ReflectionPad
from ganzoo.components.networks.resnet import ResNet
from torch import nn

from ganzoo_winograd import library, replacing
from ganzoo_winograd.replacing import PaddedWinogradConv2d, use_winograd
from ganzoo_winograd.winograd_resnet import WinogradResNet

needs_library = pytest.mark.skipif(not library.is_available(), reason=library.explain())
SIZES = {"width": 8, "blocks": 2}


def make_both(**settings):
    """The core's and this one, from one seed."""
    both = []
    for kind in (ResNet, WinogradResNet):
        torch.manual_seed(0)
        both.append(kind(**SIZES | settings))
    return both


def test_settings_are_the_cores():
    assert inspect.signature(WinogradResNet) == inspect.signature(ResNet)


@pytest.mark.parametrize("settings", [{}, {"upsampling": "resize"}, {"padding": "zero"}])
def test_weights_are_those_of_the_core_and_fit_both(settings):
    core, ours = make_both(**settings)
    assert list(core.state_dict()) == list(ours.state_dict())
    pairs = zip(core.parameters(), ours.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)
    core.load_state_dict(ours.state_dict())
    ours.load_state_dict(core.state_dict())


@needs_library
def test_every_convolution_that_gains_is_replaced():
    counts = [
        sum(isinstance(module, PaddedWinogradConv2d) for module in network.modules())
        for settings in ({}, {"upsampling": "resize"}, {"padding": "replicate"}, {"kernel": 3})
        for network in [WinogradResNet(**{**SIZES, "width": 32, **settings})]
    ]
    assert counts == [4, 6, 4, 4]
    network = WinogradResNet(**SIZES)
    paddings = [module for module in network.modules() if isinstance(module, ReflectionPad)]
    assert [padding.margin for padding in paddings] == [3, 3]


@needs_library
def test_what_cannot_be_replaced_stays():
    layers = [
        nn.Conv2d(32, 32, 3, groups=2),
        nn.Conv2d(32, 32, 3, stride=2),
        nn.Conv2d(32, 32, 5),
        nn.Conv2d(32, 16, 3),
        nn.Conv2d(32, 32, 3, padding=2),
        nn.ReflectionPad2d(2),
        nn.Conv2d(32, 32, 3),
        nn.ReflectionPad2d(1),
        nn.Conv2d(32, 32, 3),
    ]
    network = nn.Sequential(*layers)
    use_winograd(network)
    kept = [network[place] is layer for place, layer in enumerate(layers)]
    assert kept == [True] * 6 + [False, False, False]
    assert [network[place].margin for place in (6, 8)] == [0, 1]


def test_without_the_library_it_is_the_cores(monkeypatch):
    monkeypatch.setattr(replacing, "is_available", lambda: False)
    core, ours = make_both()
    assert str(ours) == str(core).replace("ResNet(", "WinogradResNet(")


@pytest.mark.parametrize("padding", ["reflect", "replicate", "zero"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_images_and_gradients_are_the_cores_up_to_rounding(padding, upsampling):
    core, ours = make_both(padding=padding, upsampling=upsampling)
    exact = ResNet(**SIZES, padding=padding, upsampling=upsampling).double()
    exact.load_state_dict(core.state_dict())
    images = torch.randn(2, 3, 36, 44, generator=torch.Generator().manual_seed(1))
    for network in (core, ours, exact):
        network(images.to(next(network.parameters()).dtype)).square().mean().backward()
    assert gradients_error(ours, exact) < max(1e-3, 20 * gradients_error(core, exact))
    with torch.no_grad():
        torch.testing.assert_close(ours(images), core(images), rtol=1e-4, atol=1e-4)


def gradients_error(network, exact):
    """The relative error of all gradients together."""
    pairs = list(zip(network.parameters(), exact.parameters(), strict=True))
    wrong = sum((a.grad.double() - b.grad).square().sum() for a, b in pairs)
    return (wrong / sum(b.grad.square().sum() for _, b in pairs)).sqrt().item()


def test_checkpointing_changes_nothing():
    usual, checkpointed = WinogradResNet(**SIZES), WinogradResNet(**SIZES, checkpointing=True)
    checkpointed.load_state_dict(usual.state_dict())
    images = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    for network in (usual, checkpointed):
        network(images).square().sum().backward()
    pairs = zip(usual.parameters(), checkpointed.parameters(), strict=True)
    assert all(torch.equal(a.grad, b.grad) for a, b in pairs)
