"""What ganzoo asks of a plugin, a line each."""

from __future__ import annotations

import torch
from ganzoo import testing

SMALL = {
    "networks.G.width": 2,
    "networks.F.width": 2,
    "networks.D_X.width": 2,
    "networks.D_Y.width": 2,
    "data.size": 8,
    "data.held_out": 2,
    "networks.D_X.layers": 1,
    "networks.D_Y.layers": 1,
    "metrics.alike": {},
}


def volumes(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_it_is_light():
    testing.check_light_import("ganzoo_volumes")


def test_the_components():
    testing.check_package("ganzoo-volumes")


def test_the_generator():
    testing.check_network("volumes.resnet3d", volumes(2, 2, 4, 6, 8), in_channels=2, width=2)


def test_the_discriminator():
    testing.check_network("volumes.patchgan3d", volumes(2, 1, 8, 8, 8), width=2)


def test_the_data():
    testing.check_data("volumes.solids", size=[8, 9, 10], count=3, held_out=2)
    testing.check_data("volumes.solids", size=8, count=3, held_out=2, paired=True)


def test_the_recipe():
    testing.check_recipe("volumes.cyclegan3d", SMALL)
