"""Winograd convolutions for ganzoo: the residual generator with fewer multiplications, on CPUs.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. `python -m ganzoo_winograd` says whether the fast path is
active here, and why not.
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
    """The components of this package."""
    register(
        "generator",
        "resnet",
        "ganzoo_winograd.winograd_resnet:WinogradResNet",
        summary="the core's resnet, its 3 x 3 convolutions by Winograd's algorithm on a CPU",
    )


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
