"""Fewer multiplications, the same convolution: against float64, at every size, bias and padding."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganzoo.inference import winograd
from ganzoo.inference.winograd import WinogradConv2d, make_winograd


def convolution(channels=8, out=4, **settings):
    torch.manual_seed(0)
    return nn.Conv2d(channels, out, 3, **settings)


@pytest.fixture
def any_size(monkeypatch):
    monkeypatch.setattr(winograd, "PIXELS", 0)
    monkeypatch.setattr(winograd, "CHANNELS", 1)


@pytest.mark.parametrize("size", [(3, 3), (6, 6), (7, 5), (8, 9), (9, 4), (40, 3)])
@pytest.mark.parametrize("padding", [0, 1, (2, 0)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.usefixtures("any_size")
def test_it_is_the_convolution(size, padding, bias):
    layer = convolution(padding=padding, bias=bias)
    x = torch.randn(2, 8, *size)
    expected = layer.double()(x.double())
    with torch.no_grad():
        result = WinogradConv2d(layer.float())(x)
    assert result.shape == expected.shape
    torch.testing.assert_close(result.double(), expected, atol=5e-6, rtol=0)


@pytest.mark.usefixtures("any_size")
def test_bands_are_the_whole(monkeypatch):
    layer = convolution()
    x = torch.randn(1, 8, 32, 12)
    with torch.no_grad():
        whole = WinogradConv2d(layer)(x)
        monkeypatch.setattr(winograd, "VALUES", 8 * 12 * 10)  # 4 bands
        assert torch.equal(WinogradConv2d(layer)(x), whole)


@pytest.mark.usefixtures("any_size")
def test_it_takes_half_the_multiplications(monkeypatch):
    """12 output rows by 3 filter rows are 36 products of rows; by six filters of one row, 18."""
    products = []
    real = functional.conv2d

    def count(x, weight, bias=None):
        out = real(x, weight, bias)
        products.append(out.shape[2] * weight.shape[2])
        return out

    monkeypatch.setattr(functional, "conv2d", count)
    with torch.no_grad():
        WinogradConv2d(convolution())(torch.randn(1, 8, 14, 12))
    assert sum(products) == 18


def test_small_images_and_other_types_are_left_to_the_convolution(monkeypatch):
    layer = convolution(padding=1)
    fast = WinogradConv2d(layer)
    monkeypatch.setattr(WinogradConv2d, "_convolve", None)
    x = torch.randn(1, 8, 16, 16)
    with torch.no_grad():
        assert torch.equal(fast(x), layer(x))
        layer.bfloat16()
        assert torch.equal(fast(x.bfloat16()), layer(x.bfloat16()))


@pytest.mark.usefixtures("any_size")
def test_gradients_are_those_of_the_convolution():
    layer, x = convolution(), torch.randn(1, 8, 6, 6, requires_grad=True)
    (gradient,) = torch.autograd.grad(WinogradConv2d(layer)(x).sum(), x)
    (expected,) = torch.autograd.grad(layer(x).sum(), x)
    assert torch.equal(gradient, expected)


@pytest.mark.usefixtures("any_size")
def test_only_plain_convolutions_are_replaced():
    hooked = convolution()
    hooked.register_forward_hook(lambda *_: None)
    others = [
        convolution(stride=2),
        convolution(dilation=2),
        convolution(groups=2),
        convolution(padding_mode="reflect", padding=1),
        convolution(padding="same"),
        nn.Conv2d(8, 4, 1),
        nn.ConvTranspose2d(8, 4, 3),
        convolution().double(),
        nn.utils.parametrizations.spectral_norm(convolution()),
        hooked,
    ]
    network = nn.Sequential(*others, nn.Sequential(convolution()))
    make_winograd(network)
    assert [*network[:-1]] == others
    assert isinstance(network[-1][0], WinogradConv2d)
    assert network.state_dict().keys() >= {f"{len(others)}.0.convolution.weight"}
