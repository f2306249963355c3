"""ganzoo: a zoo of generative adversarial networks, made of components that anyone can add to.

    import ganzoo

    experiment = ganzoo.build_recipe("cyclegan", {"train.seed": 1})
    ganzoo.train(experiment, "runs/cyclegan")
    print(ganzoo.evaluate("runs/cyclegan"))  # a table a metric, with 95 % intervals

    model = ganzoo.load_model("runs/cyclegan")
    labels = model("x2y", x=photos)  # (N, 3, H, W) in [-1, 1], or a picture's file

A recipe says what is trained: `load_recipe` reads one, `plan_recipe` plans one for two folders of
images, `build_recipe` makes it an `Experiment`.
What recipes may name is listed by `list_components`; a plugin adds to it by `hookimpl`.

What is wrong with a recipe, a folder or a file is said by an error of `ganzoo.errors`, each of
which is a `GanzooError`. Nothing here imports torch before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganzoo.builder import Experiment, build_recipe, load_model
    from ganzoo.evaluation.evaluate import evaluate
    from ganzoo.inference.model import Model
    from ganzoo.interfaces import Callback
    from ganzoo.planning.plan_recipe import plan_recipe
    from ganzoo.recipe.loading import load_recipe
    from ganzoo.registry.components import Component
    from ganzoo.registry.discovery import hookimpl
    from ganzoo.training.entry import train

__all__ = [
    "Callback",
    "Component",
    "Experiment",
    "Model",
    "build_recipe",
    "evaluate",
    "hookimpl",
    "list_components",
    "load_model",
    "load_recipe",
    "plan_recipe",
    "train",
]
__version__ = "0.2.0"

_LAZY = {
    "Callback": "ganzoo.interfaces",
    "Component": "ganzoo.registry.components",
    "Experiment": "ganzoo.builder",
    "Model": "ganzoo.inference.model",
    "build_recipe": "ganzoo.builder",
    "evaluate": "ganzoo.evaluation.evaluate",
    "hookimpl": "ganzoo.registry.discovery",
    "load_model": "ganzoo.builder",
    "load_recipe": "ganzoo.recipe.loading",
    "plan_recipe": "ganzoo.planning.plan_recipe",
    "train": "ganzoo.training.entry",
}


def list_components(kind: str | None = None) -> list[Component]:
    """Everything that a recipe may name: ganzoo's own components and those of plugins.

        [component.name for component in ganzoo.list_components("loss")]

    kind: only these, as "generator", "loss" or "metric"; `ganzoo list components` shows the kinds.

    Raises:
        ValueError: there is no such kind.
    """
    from ganzoo.errors import choices
    from ganzoo.registry.components import KINDS
    from ganzoo.registry.discovery import installed

    if kind is not None and kind not in KINDS:
        raise ValueError(f"there is no kind of component '{kind}'.{choices(kind, KINDS)}")
    return [each for each in installed().registry if kind in (None, each.kind)]


if not TYPE_CHECKING:  # a type checker knows the names from above, and refuses all others

    def __getattr__(name: str) -> object:
        """Import what is heavy when it is first asked for."""
        if name not in _LAZY:
            raise AttributeError(f"module 'ganzoo' has no attribute '{name}'")
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """The public names; submodules that were imported on the way are none."""
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
