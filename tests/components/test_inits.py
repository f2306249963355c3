"""Inits: the spread of what they fill, measured."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganzoo.components.inits import KaimingInit, NormalInit, OrthogonalInit, XavierInit
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.pixel import PixelDiscriminator
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(16, 64, 5),
        nn.BatchNorm2d(64),
        nn.ConvTranspose2d(64, 32, 5),
        nn.GroupNorm(4, 32),
        nn.GroupNorm(32, 32, affine=False),
        nn.Linear(256, 128, bias=False),
    )


def spreads(init: object) -> list[float]:
    """The standard deviations of the three weights; norms and biases are checked on the way."""
    torch.manual_seed(0)
    built = network()
    for parameter in built.parameters():
        nn.init.constant_(parameter, 7.0)
    init(built)
    for layer in (built[1], built[3]):
        assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.4)
    assert not any(built[i].bias.any() for i in (0, 1, 2, 3))
    assert all(built[i].weight.mean().abs() < 0.01 for i in (0, 2, 5))
    return [built[i].weight.std().item() for i in (0, 2, 5)]


def test_normal():
    assert spreads(NormalInit()) == pytest.approx([0.02] * 3, rel=0.03)


def test_xavier():
    # Fans are channels x kernel area; a transposed convolution stores (in, out, ...).
    fans = [16 * 25 + 64 * 25, 32 * 25 + 64 * 25, 256 + 128]
    expected = [0.02 * math.sqrt(2 / fan) for fan in fans]
    assert spreads(XavierInit()) == pytest.approx(expected, rel=0.03)


def test_kaiming():
    fans = [16 * 25, 32 * 25, 256]
    assert spreads(KaimingInit()) == pytest.approx([math.sqrt(2 / fan) for fan in fans], rel=0.03)


def test_orthogonal():
    spreads(OrthogonalInit())
    built = network()
    OrthogonalInit(gain=0.5)(built)
    rows = built[0].weight.flatten(1)
    torch.testing.assert_close(rows @ rows.T, 0.25 * torch.eye(64), atol=1e-5, rtol=0)


@pytest.mark.parametrize("init", [NormalInit(), XavierInit(), KaimingInit(), OrthogonalInit()])
def test_the_global_generator_decides(init):
    built = [network(), network()]
    for one in built:
        torch.manual_seed(11)
        init(one)
    for a, b in zip(built[0].parameters(), built[1].parameters(), strict=True):
        assert torch.equal(a, b)


def test_weights_under_spectral_norm_are_filled():
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(64, 64))
    NormalInit(std=0.3)(layer)
    assert layer.parametrizations["weight"].original.std().item() == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("init", [NormalInit, XavierInit, OrthogonalInit])
def test_negative_spreads_are_refused(init):
    with pytest.raises(ValueError, match="negative"):
        init(-0.1)


@pytest.mark.parametrize("part", [ResNet, UNet, PatchGAN, PixelDiscriminator])
def test_the_published_networks_start_normal(part):
    assert part.default_init == "normal"
