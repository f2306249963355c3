"""CUT and FastCUT for ganzoo (Park, Efros, Zhang, Zhu 2020, arXiv:2007.15651).

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these components `cut.<name>`.
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
    ("module", "projection", "projection:Projection", "features of a few places as unit vectors"),
    ("loss", "patch_nce", "patch_nce:PatchNCE", "a place's query is like its key and no other"),
    ("rule", "contrast", "contrast_rule:Contrast", "contrast in place of cycles, for trials"),
    ("rule", "short_contrast", "contrast_rule:ShortContrast", "contrast where time is short"),
)


@hookimpl
def register_components(register: Register) -> None:
    """The parts of this package."""
    for kind, name, target, summary in COMPONENTS:
        register(kind, name, f"ganzoo_cut.{target}", summary=summary)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
