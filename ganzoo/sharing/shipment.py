"""Which files of a model leave the house: weights, recipe, card, pictures."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganzoo.engine.header import STATE
from ganzoo.engine.model_header import read_model_header
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.untrusted import is_plain
from ganzoo.files.writing import write_text
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.older import up_to_date
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.registry.discovery import installed
from ganzoo.registry.packages import MODEL_FILE
from ganzoo.runs.layout import CARD_FILE, CARD_JSON, CARD_SAMPLES, RunPaths
from ganzoo.runs.model_files import PICKLED, best_model, model_file
from ganzoo.sharing.model_card import NOTHING, Statements, write_card


@dataclass(frozen=True)
class Shipment:
    """The files of a model, by their names in a bundle, and where they are here.

    name: the model's, as its recipe is called.
    packages: the distributions whose components the recipe names, with their versions.
    places: the settings that name places of this machine, as `data.root = /home/me/photos`.
    """

    name: str
    files: Mapping[str, Path]
    packages: Mapping[str, str]
    places: tuple[str, ...]


def gather_files(
    model: Path, work: Path, best: bool = False, stated: Statements = NOTHING
) -> Shipment:
    """Find or make the files of a model that are for others.

    model: a run's folder, whose card is written; or a model file, with the card beside it.
    work: a folder for what has to be written first.
    best: a run's best model instead of its last one.
    stated: what a person says of the model of a run, for its card.

    Raises:
        ModelError: there is no ganzoo model.
        RunError: the run cannot be read.
        GanzooError: a licence is given, and the card is written already.
    """
    weights = _find_weights(model, best)
    header = read_model_header(weights)
    recipe = load_recipe(up_to_date(dict(header["recipe"])))
    write_text(work / RECIPE_FILE, recipe.to_toml())
    is_run = RunPaths(model).record.is_file() and not is_plain(model / CARD_JSON, model)
    if is_run:
        write_card(model, work, replace(stated, load=stated.load or recipe.name), best=best)
    elif stated.licence:
        raise GanzooError(f"{model}: --licence is for a run, whose card is written now")
    card = _find_card(work if is_run else weights.parent)
    files = {MODEL_FILE: weights, RECIPE_FILE: work / RECIPE_FILE, **card}
    tables = recipe.to_dict()
    packages = {**_plugins_of(tables), **header.get("packages", {})}
    return Shipment(recipe.name or model.stem, files, packages, tuple(_places(tables.get("data"))))


def _find_weights(model: Path, best: bool) -> Path:
    if model.suffix in PICKLED:
        raise ModelError(
            f"{model}: this has no recipe, so it is no ganzoo model; make it one: "
            f"{shlex.join(['ganzoo', 'import', str(model)])}"
        )
    if (model / STATE).is_file():
        raise ModelError(f"{model}: a checkpoint is for resuming; name its run's folder instead")
    return best_model(model) if best else model_file(model)


def _find_card(folder: Path) -> dict[str, Path]:
    """The files of a card in a folder, where there is one."""
    names = [
        name for name in (CARD_FILE, CARD_JSON, CARD_SAMPLES) if is_plain(folder / name, folder)
    ]
    return {name: folder / name for name in names} if CARD_FILE in names else {}


def _plugins_of(tables: Mapping[str, Any]) -> dict[str, str]:
    """The packages of the plugins whose components a recipe names, for training or for use."""
    prefixes = {name.partition(".")[0] for name in _types(tables) if "." in name}
    plugins = [plugin for plugin in installed().plugins if plugin.name in prefixes]
    return {plugin.package: plugin.version for plugin in plugins}


def _types(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("type"), str):
            yield value["type"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _types(inner)


def _places(table: Any, path: str = "data") -> Iterator[str]:
    """Settings that hold a path from the root of this machine."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from _places(value, f"{path}.{key}")
    elif isinstance(table, str) and Path(table).is_absolute():
        yield f"{path} = {table}"
