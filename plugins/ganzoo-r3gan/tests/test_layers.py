"""Blocks, resampling and bases, by hand and by another way to the same."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from ganzoo_r3gan.discriminator import ResNetDiscriminator
from ganzoo_r3gan.generator import ResNetGenerator
from ganzoo_r3gan.layers import Block, Downsample, FromVector, ToVector, Upsample, scaled


def rng(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def blocks_of(network: nn.Module) -> list[Block]:
    return [module for module in network.modules() if isinstance(module, Block)]


@pytest.mark.parametrize("network", [ResNetGenerator, ResNetDiscriminator])
def test_every_block_starts_as_the_identity(network):
    blocks = blocks_of(network(widths=(16, 8, 8), blocks=3, group_width=4))
    assert len(blocks) == 9
    for block in blocks:
        x = rng(2, block.residual[0].in_channels, 6, 6).float()
        assert torch.equal(block(x), x)
        assert block.residual[3](block.residual[:3](x)).abs().max() > 0  # only the last layer is 0


def test_the_other_weights_start_scaled_by_the_number_of_blocks():
    """sqrt(2 / (1 + 0.2²)) L^(-1/4) / sqrt(fan-in), L all blocks of the network."""
    torch.manual_seed(0)
    block = blocks_of(ResNetGenerator(widths=(128, 128), blocks=8, group_width=32))[0]
    gain = math.sqrt(2 / 1.04) / 2  # 16 blocks: 16^(-1/4) = 1/2
    first, second = block.residual[0].weight, block.residual[2].weight
    assert (first.shape, second.shape) == ((256, 128, 1, 1), (256, 32, 3, 3))
    # The standard error of a deviation from n draws is 1 / sqrt(2 n): 0.4 % and 0.3 %.
    assert first.std().item() == pytest.approx(gain / math.sqrt(128), rel=0.02)
    assert second.std().item() == pytest.approx(gain / math.sqrt(32 * 9), rel=0.02)
    assert not any(layer.bias.any() for layer in (block.residual[0], block.residual[2]))


def test_a_block_by_hand():
    """One channel at one pixel: 3 x + 1 and 2 x, then the kernels' middles, then a sum."""
    block = Block(1, 2, 2, depth=1).double()
    first, second, last = block.residual[0], block.residual[2], block.residual[4]
    first.weight.data[:], first.bias.data[:] = torch.tensor([3.0, 2.0]).view(2, 1, 1, 1), 1.0
    first.bias.data[1] = 0
    nn.init.zeros_(second.weight)
    second.weight.data[:, 0, 1, 1] = torch.tensor([1.0, -1.0])
    last.weight.data[:] = torch.tensor([10.0, 100.0]).view(1, 2, 1, 1)
    # x = 1: 4, 2; then 4 and -2, so 4 and -0.4; 1 + 40 - 40 = 1
    assert block(torch.ones(1, 1, 1, 1).double()).item() == pytest.approx(1)
    # x = -1: -2, -2, so -0.4, -0.4; then -0.4 and 0.4, so -0.08 and 0.4; -1 - 0.8 + 40
    assert block(-torch.ones(1, 1, 1, 1).double()).item() == pytest.approx(38.2)
    assert leaky_relu(torch.tensor(-2.0), 0.2).item() == pytest.approx(-0.4)


def test_the_groups_do_not_see_each_other():
    block = Block(4, 8, 2, depth=1).double()
    middle = block.residual[2]
    x = rng(1, 8, 3, 3)
    changed = x.clone()
    changed[:, :4] += 1
    assert torch.equal(middle(x)[:, 4:], middle(changed)[:, 4:])
    assert not torch.equal(middle(x)[:, :4], middle(changed)[:, :4])


def test_both_filters_are_those_of_the_authors():
    """As convolutions of single channels with [1, 2, 1] * [1, 1] in both directions."""
    x, taps = rng(2, 3, 6, 4), torch.tensor([1.0, 3, 3, 1], dtype=torch.float64)
    kernel = (torch.outer(taps, taps) / 64).expand(3, 1, 4, 4)
    up = conv_transpose2d(x, 4 * kernel, stride=2, padding=1, groups=3)
    torch.testing.assert_close(Upsample()(x), up)
    down = conv2d(x, kernel, stride=2, padding=1, groups=3)
    torch.testing.assert_close(Downsample()(x), down)


def test_upsampling_by_hand():
    row = torch.tensor([[[[4.0, 8.0]]]])
    # across: 3, 5, 7, 6 (3/4 of the nearer, 1/4 of the farther); down: 3/4 of it, twice
    across = torch.tensor([3.0, 5.0, 7.0, 6.0])
    torch.testing.assert_close(Upsample()(row)[0, 0], 0.75 * across.expand(2, 4))


def test_downsampling_is_upsamplings_transpose_and_keeps_means():
    down, up = Downsample(), Upsample()
    x, y = rng(2, 3, 8, 6), rng(2, 3, 4, 3)
    torch.testing.assert_close((4 * down(x) * y).sum(), (x * up(y)).sum())
    inside = down(torch.ones(1, 1, 8, 8))[..., 1:-1, 1:-1]
    torch.testing.assert_close(inside, torch.ones(1, 1, 2, 2))


def test_the_bases_by_hand():
    made = FromVector(2, 1)
    made.scales.weight.data[:] = torch.tensor([[2.0, -1.0]])
    made.maps.data[:] = torch.arange(16.0).view(1, 4, 4)
    image = made(torch.tensor([[3.0, 1.0]]))  # 2 * 3 - 1 = 5
    assert torch.equal(image[0, 0], 5 * torch.arange(16.0).view(4, 4))
    seen = ToVector(1, 2)
    seen.maps.data[:] = 1.0
    seen.linear.weight.data[:] = torch.tensor([[1.0], [-2.0]])
    assert seen(image).tolist() == [[600.0, -1200.0]]  # 5 * (0 + ... + 15) = 600


def test_the_bases_keep_the_variance_at_the_start():
    torch.manual_seed(0)
    made, seen = FromVector(64, 500), ToVector(500, 400)
    features = made(torch.randn(50, 64))
    assert features.std().item() == pytest.approx(1, rel=0.1)
    assert seen(torch.randn(50, 500, 4, 4)).std().item() == pytest.approx(1, rel=0.1)


def test_a_scaled_layer_has_no_bias_at_first():
    layer = scaled(nn.Linear(7, 5), 0.0)
    assert not layer.weight.any()
    assert not layer.bias.any()
