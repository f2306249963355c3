"""Volumes for ganzoo: networks of three dimensions, drawn solids and their shells, and a recipe.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these components `volumes.<name>`. Volumes from
files are the core's own: `folders` and its kin with `pages = "depth"`.
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
        "resnet3d",
        "resnet3d:ResNet3d",
        "translates volumes by residual blocks of 3 x 3 x 3 convolutions",
    ),
    (
        "discriminator",
        "patchgan3d",
        "patchgan3d:PatchGAN3d",
        "a logit for each of many overlapping blocks of a volume",
    ),
    ("data", "solids", "solids:Solids", "drawn solid blobs and their hollow shells"),
)


@hookimpl
def register_components(register: Register) -> None:
    """The components of this package."""
    for kind, name, target, summary in COMPONENTS:
        register(kind, name, f"ganzoo_volumes.{target}", summary=summary)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
