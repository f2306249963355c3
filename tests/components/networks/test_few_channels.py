"""A blockwise convolution against a plain one."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ganzoo.components.networks.few_channels import FewChannelConv2d, shift_kernel


def pair(channels, kernel=5):
    """A blockwise convolution and a plain one of the same weights, in float64."""
    ours = FewChannelConv2d(4, channels, kernel).double()
    plain = nn.Conv2d(4, channels, kernel).double()
    plain.load_state_dict(ours.state_dict())
    return ours, plain


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("size", [(12, 18), (13, 12), (12, 15), (5, 5), (6, 6)])
def test_values_and_gradients_are_those_of_a_plain_convolution(channels, size):
    images = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    results = []
    for layer in pair(channels):
        output = layer(images)
        weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
        inputs = (images, *layer.parameters())
        results.append((output, *torch.autograd.grad((output * weights).sum(), inputs)))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_second_gradients():
    layer = FewChannelConv2d(1, 1, 3).double()
    images = torch.randn(1, 1, 6, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: layer(x) ** 2, images)


def test_a_kernel_is_shifted_to_each_pixel_of_a_block():
    kernels = shift_kernel(torch.ones(1, 1, 1, 1))
    assert kernels.shape == (4, 1, 2, 2)
    assert [int(kernel.flatten().nonzero()) for kernel in kernels] == [0, 1, 2, 3]


@pytest.mark.parametrize(("channels", "blockwise"), [(3, True), (5, False)])
def test_blocks_are_for_few_channels(channels, blockwise):
    """By its multiplications: a block of 2 x 2 has a kernel of 6 x 6 in place of 5 x 5."""
    layer, images = pair(channels)[0].float(), torch.zeros(1, 4, 12, 12)
    with FlopCounterMode(display=False) as counter:
        layer(images)
    each = 36 * 4 * channels * 16 if blockwise else 25 * 4 * channels * 64
    assert counter.get_total_flops() == 2 * each * (4 if blockwise else 1)
