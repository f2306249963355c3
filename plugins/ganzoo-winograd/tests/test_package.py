"""What ganzoo asks of a plugin, a line each."""

from __future__ import annotations

import torch
from ganzoo import testing

GENERATOR = {"type": "winograd.resnet", "width": 8, "blocks": 1, "kernel": 3}
SMALL = {
    "networks.G": GENERATOR,
    "networks.F": GENERATOR,
    "networks.D_X": {"type": "patchgan", "width": 4, "layers": 1},
    "networks.D_Y": {"type": "patchgan", "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2},
}


def test_it_is_light():
    testing.check_light_import("ganzoo_winograd")


def test_the_components():
    testing.check_package("ganzoo-winograd")


def test_the_generator():
    images = torch.randn(2, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    testing.check_network("winograd.resnet", images, kind="generator", width=8, blocks=1)


def test_the_recipe():
    testing.check_recipe("winograd.cyclegan", SMALL)
