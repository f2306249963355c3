"""What ganzoo asks of a plugin, a line each."""

from __future__ import annotations

import pytest
import torch
from ganzoo import testing

IMAGES = torch.rand(2, 3, 24, 20, generator=torch.manual_seed(0)) * 2 - 1
LABELS = torch.tensor([1, 0])
SMALL = {
    "networks.G.width": 4,
    "networks.G.blocks": 1,
    "networks.D.width": 4,
    "networks.D.size": 32,
    "networks.D.layers": 3,
    "data.size": 32,
    "data.count": 8,
    "data.held_out": 2,
}


def test_it_is_light():
    testing.check_light_import("ganzoo_stargan")


def test_the_parts():
    testing.check_package("ganzoo-stargan")


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_the_generator(norm):
    testing.check_network("stargan.resnet", IMAGES, LABELS, width=4, blocks=1, classes=2, norm=norm)


def test_the_discriminator():
    images = torch.rand(2, 3, 16, 16, generator=torch.manual_seed(0)) * 2 - 1
    small = {"size": 16, "width": 4, "layers": 2}
    testing.check_network("stargan.discriminator", images, heads=("real", "domain"), **small)


def test_the_domain():
    testing.check_network("stargan.domain", IMAGES, label=3)


def test_the_data():
    testing.check_data("stargan.light", size=16, count=9, held_out=13)
    testing.check_data("stargan.light", size=[8, 16], count=2, domains=("fog", "night"))


@pytest.mark.parametrize("recipe", ["stargan", "streets"])
def test_the_recipes(recipe):
    testing.check_recipe(f"stargan.{recipe}", SMALL)
