"""StarGAN for ganzoo (Choi et al. 2018, arXiv:1711.09020): one generator for many domains.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these components `stargan.<name>`.
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
        "domain_resnet:DomainResNet",
        "residual blocks, told the domain to draw",
    ),
    (
        "discriminator",
        "discriminator",
        "domain_discriminator:DomainDiscriminator",
        "tells real patches from fake ones, and the domain",
    ),
    ("module", "domain", "domain:Domain", "one and the same class for every image"),
    ("data", "light", "light:Light", "street photos by day, at dusk, at night and in fog"),
)

FORMERLY = {"discriminator": ("critic",)}


@hookimpl
def register_components(register: Register) -> None:
    """The components of this package."""
    for kind, name, target, summary in COMPONENTS:
        formerly = FORMERLY.get(name, ())
        register(kind, name, f"ganzoo_stargan.{target}", summary=summary, formerly=formerly)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
