"""R3GAN for ganzoo: its networks, its recipes, and differentiable augmentation.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these components `r3gan.<name>`. Its loss and its
penalties are the core's: `relativistic`, `r1` and `r2`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganzoo.registry.discovery import Register

GANZOO_API = 2

COMPONENTS = (
    (
        "generator",
        "resnet",
        "generator:ResNetGenerator",
        "an image from a vector, and a class by choice, by residual blocks without norms",
    ),
    (
        "discriminator",
        "resnet",
        "discriminator:ResNetDiscriminator",
        "one logit for an image, and a class by choice, by residual blocks without norms",
    ),
    (
        "module",
        "augment",
        "augment:Augment",
        "random colour, translation and cutout through which gradients flow",
    ),
    (
        "callback",
        "ada",
        "ada:Ada",
        "the probability of augmentations follows the signs of the discriminator's logits",
    ),
)


@hookimpl
def register_components(register: Register) -> None:
    """The components of this package."""
    for kind, name, target, summary in COMPONENTS:
        register(kind, name, f"ganzoo_r3gan.{target}", summary=summary)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
