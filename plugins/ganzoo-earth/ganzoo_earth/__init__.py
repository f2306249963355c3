"""Maps of the earth for ganzoo: satellite photos with maps of the same places, and recipes.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call the data set `earth.maps`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganzoo.registry.discovery import Register

GANZOO_API = 2


@hookimpl
def register_components(register: Register) -> None:
    """The data set and the rule of this package."""
    register(
        "rule",
        "turning",
        "ganzoo_earth.turning_rule:FromAbove",
        summary="images from above are turned by quarters",
    )
    register(
        "data",
        "maps",
        "ganzoo_earth.maps:EarthMaps",
        summary="satellite photos and maps of the same places",
    )


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
