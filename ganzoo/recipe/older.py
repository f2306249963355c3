"""Filled recipes of earlier versions, in today's words and with what those versions did.

A run's recipe and a model's header hold every setting. A setting under a former name gets today's.
One that is not there came later, and its default may be another than what was done before: a run
goes on as it began. A recipe that a person wrote is no filled one, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.recipe.places import kinds_at, outlines_at
from ganzoo.registry.discovery import installed
from ganzoo.registry.former import new_name

# Settings that every version has written into a filled recipe's table `train`.
FILLED_TRAIN = {
    *("length", "batch_size", "accumulate", "seed", "workers"),
    *("precision", "device", "compile", "log_every"),
}
# Version 0.1 took the colours of files as they are, whatever their profiles said.
OWN_IMAGES = ("folders", "paired_folders", "class_folders")
FILLED_THEN = {"root", "size", "flip", "channels", "aspect", "unreadable"}
DONE_THEN = {"colour": "ignore", "interpolation": "bicubic"}


def up_to_date(tables: dict[str, Any]) -> dict[str, Any]:
    """A recipe's tables; of a filled one, as today's version would have filled it."""
    renamed = _renamed(tables, ())
    train = renamed.get("train")
    is_filled = isinstance(train, Mapping) and train.keys() >= FILLED_TRAIN
    return _with_colours(renamed if is_filled else tables)


def _renamed(value: Any, path: tuple[str, ...]) -> Any:
    """A table, or what stands in one, with today's names."""
    if isinstance(value, Mapping):
        own = _settings(value, path)
        inner = {key: _renamed(item, (*path, key)) for key, item in value.items()}
        return {
            key if key in own else new_name(path, key) or key: item for key, item in inner.items()
        }
    if isinstance(value, list):
        return [_renamed(item, (*path, str(place))) for place, item in enumerate(value)]
    if isinstance(value, str) and path[-1:] == ("type",):
        registry, kinds = installed().registry, kinds_at(path[:-1])
        return next(filter(None, (registry.new_name(kind, value) for kind in kinds)), value)
    return new_name(path, value) or value


def _settings(table: Mapping[str, Any], path: tuple[str, ...]) -> set[str]:
    """The settings of the component that a table names: under these names they are its own."""
    name = table.get("type")
    outlines = outlines_at(path, name) if isinstance(name, str) else ()
    return {setting for _, outline in outlines if outline for setting in outline.settings}


def _with_colours(tables: dict[str, Any]) -> dict[str, Any]:
    """With what version 0.1 did to images, where it filled the recipe."""
    data = tables.get("data")
    if not isinstance(data, Mapping) or data.get("type") not in OWN_IMAGES:
        return tables
    if not data.keys() >= FILLED_THEN or not data.keys().isdisjoint(DONE_THEN):
        return tables
    return {**tables, "data": {**data, **DONE_THEN}}
