"""How far an output sees, and on which grid, of networks for which both are known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.inference.tiling.reach import find_reach
from ganzoo.inference.winograd import make_winograd


def convolutions(*kernels, stride=1):
    return nn.Sequential(*(nn.Conv2d(3, 3, k, stride, padding=k // 2) for k in kernels))


class Mean(nn.Module):
    def forward(self, x):
        return x - x.mean((2, 3), keepdim=True)


class Ramp(nn.Module):
    def forward(self, x):
        return x + torch.linspace(0, 1, x.shape[-1])


@pytest.fixture(autouse=True)
def no_gradient():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


@pytest.mark.parametrize(("kernels", "pixels"), [((1,), 0), ((3,), 1), ((3, 5), 3), ((7, 7, 7), 9)])
def test_kernels_reach_as_far_as_they_are_wide(kernels, pixels):
    found = find_reach(convolutions(*kernels), 3)
    assert (found.pixels, found.grid, found.norms) == (pixels, 1, 0)


def test_the_wider_side_counts():
    network = nn.Conv2d(3, 3, (3, 9), padding=(1, 4))
    assert find_reach(network, 3).pixels == 4


def test_pixels_in_a_relu_that_is_shut_are_seen_too():
    network = nn.Sequential(convolutions(5), nn.ReLU(), convolutions(5))
    nn.init.constant_(network[0][0].bias, -100)
    assert find_reach(network, 3, 1).pixels == 4


def test_a_mean_of_blocks_lies_on_their_grid():
    network = nn.Sequential(nn.AvgPool2d(4), nn.Upsample(scale_factor=4))
    assert find_reach(network, 3).grid == 4
    # A block of the grid stays inside itself.
    assert find_reach(network, 3).pixels == 0


def test_a_resnet_whose_reach_is_counted_by_hand():
    # Rows 0 ... 3, a block of the grid, become rows -2 ... 5 in the first convolution, -1 ... 3 and
    # -1 ... 2 in those of stride 2, -5 ... 6 in four of 3 px, -11 ... 13 and -23 ... 27 in the
    # transposed ones, and -25 ... 29 in the last: 26 px beyond row 3.
    network = ResNet(width=4, blocks=2, kernel=5).eval()
    found = find_reach(network, 3, network.multiple)
    assert (found.pixels, found.grid, found.norms) == (26, 4, 9)


def test_a_unet_sees_farther_than_its_grid():
    network = UNet(width=4, layers=4, dropout=0.0, norm="none").eval()
    found = find_reach(network, 3)
    assert found.grid == 16
    assert 16 < found.pixels < 64


def test_a_mean_over_the_image_sees_all_of_it():
    assert find_reach(Mean(), 3, 1).pixels is None


def test_instance_norm_alone_does_not_reach():
    network = nn.Sequential(convolutions(3), nn.InstanceNorm2d(3), nn.GroupNorm(1, 3))
    assert find_reach(network, 3).pixels == 1
    assert find_reach(network, 3).norms == 2


def test_groups_of_rows_in_a_fast_convolution_do_not_count():
    network = nn.Sequential(
        nn.Conv2d(3, 128, 1), nn.Conv2d(128, 128, 3, padding=1), nn.Conv2d(128, 3, 1)
    )
    make_winograd(network)
    assert find_reach(network, 3).pixels == 1


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (convolutions(3, stride=2), "changes the size of an image, 256 x 256 px to 128 x 128"),
        (nn.Dropout(0.5), "at random"),
        (Ramp(), "depends on the pixel's place"),
    ],
)
def test_what_cannot_be_tiled_is_refused(network, why):
    with pytest.raises(ValueError, match=why):
        find_reach(network, 3)
