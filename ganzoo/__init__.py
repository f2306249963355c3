"""ganzoo: a zoo of generative adversarial networks, made of parts that anyone can add to.

    import ganzoo

    experiment = ganzoo.build_recipe("cyclegan", {"train.seed": 1})
    model = ganzoo.load_model("runs/cyclegan")
    labels = model("x2y", x=photos)          # (N, 3, H, W) in [-1, 1]

This door is light: nothing here imports torch until a recipe is built or a model is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganzoo.registry.discovery import hookimpl

if TYPE_CHECKING:
    from ganzoo.builder import Experiment as Experiment
    from ganzoo.builder import build_recipe as build_recipe
    from ganzoo.builder import load_model as load_model
    from ganzoo.recipe.loading import load_recipe as load_recipe
    from ganzoo.registry.components import Component

__all__ = ["build_recipe", "hookimpl", "list_components", "load_model", "load_recipe"]
__version__ = "0.1.0"

_LAZY = {
    "Experiment": "ganzoo.builder",
    "build_recipe": "ganzoo.builder",
    "load_model": "ganzoo.builder",
    "load_recipe": "ganzoo.recipe.loading",
}


def list_components(kind: str | None = None) -> list[Component]:
    """Every part that a recipe may name, the core's and the plugins'; or those of one kind."""
    from ganzoo.registry.discovery import installed

    return [part for part in installed().registry if kind in (None, part.kind)]


def __getattr__(name: str) -> Any:
    """Import the heavy functions when they are first asked for."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ganzoo' has no attribute '{name}'")
