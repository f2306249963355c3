"""`ganzoo show NAME`: shows a component, a recipe or a model's card on one page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError, did_you_mean, listed
from ganzoo.printing.text import say
from ganzoo.runs.layout import CARD_JSON, RunPaths
from ganzoo.runs.model_names import packed_folder, ready_folder

if TYPE_CHECKING:
    from ganzoo.recipe.origins import Gathered
    from ganzoo.registry.components import Component


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A component's name, a recipe's file, folder or name, a ready model's name, "
            "a bundle, or hf:OWNER/NAME."
        ),
    ],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Which kind, where several share the name.")
    ] = None,
) -> None:
    """Show a component, a recipe and its objective, or a model's card, on one page."""
    if kind is None and (packed := packed_folder(name)):
        _show_packed(name, packed)
        return
    components = _components(name, kind)
    recipe = None if kind else _recipe(name)
    if not components and recipe is None and kind is None and (ready := ready_folder(name)):
        from ganzoo.cli.pages.ready_model import show_ready

        show_ready(ready)
        return
    if not components and recipe is None:
        raise GanzooError(_unknown(name))
    _show_components(components)
    if recipe is not None:
        say("\n" if components else "", end="")
        _show_recipe(recipe)


def _show_components(components: list[Component]) -> None:
    if components:
        import_torch()
    for number, component in enumerate(components):
        from ganzoo.cli.pages.component import show_component

        say("\n" if number else "", end="")
        show_component(component)


def _show_packed(name: str, folder: Path) -> None:
    """Show a model of a bundle or of the hub: its card, or its recipe if it has none."""
    from ganzoo.cli.pages.ready_model import show_ready
    from ganzoo.recipe.loading import gather

    if (folder / CARD_JSON).is_file():
        show_ready(folder)
    else:
        _show_recipe(replace(gather(str(folder)), place=name))


def _show_recipe(source: str | Gathered) -> None:
    from ganzoo.cli.early import refuse_early
    from ganzoo.recipe.loading import read_recipe

    loaded = read_recipe(source)
    refuse_early(loaded, data=False, partly=False)
    import_torch()
    from ganzoo.cli.pages.recipe import show_recipe

    show_recipe(loaded)


def _components(name: str, kind: str | None) -> list[Component]:
    from ganzoo.registry.components import KINDS
    from ganzoo.registry.discovery import installed

    if kind is None:
        return installed().registry.find(name)
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f" There are {listed(KINDS)}."
        raise GanzooError(f"there is no kind of component '{kind}'.{hint}")
    return [installed().registry.get(kind, name)]


def _recipe(name: str) -> str | None:
    """The name again, if a recipe is called so."""
    from ganzoo.registry.discovery import installed

    path = Path(name)
    is_file = path.is_file() or RunPaths(path).recipe.is_file()
    return name if is_file or name in installed().recipes else None


def _unknown(name: str) -> str:
    from ganzoo.registry.discovery import installed

    zoo = installed()
    plugin, dot, _ = name.partition(".")
    if dot and plugin in zoo.registry.broken:
        reason = zoo.registry.broken[plugin]
        return f"there is no '{name}': plugin '{plugin}' failed to load ({reason})"
    if Path(name).is_dir():
        return f"{name}: this folder is no run: it holds no recipe.toml"
    if name.endswith(".toml"):
        return f"there is no file '{name}'"
    if new_name := _renamed(name):
        return new_name
    if dot and plugin not in zoo.registry.plugins:
        return f"there is no component or recipe '{name}': {zoo.registry.missing(plugin)}"
    components = (component.name for component in zoo.registry)
    hint = did_you_mean(name, {*zoo.recipes, *zoo.models, *components})
    return f"there is no component or recipe '{name}'.{hint} See: ganzoo list"


def _renamed(name: str) -> str:
    """What a former name, of a recipe or of a component of any kind, is now; else ""."""
    from ganzoo.registry.components import KINDS
    from ganzoo.registry.discovery import installed
    from ganzoo.registry.former import RECIPES, renamed

    zoo = installed()
    now = (zoo.registry.new_name(kind, name) for kind in KINDS)
    new = RECIPES.get(name) or next(filter(None, now), "")
    return renamed(name, new, zoo.registry.plugins) if new else ""
