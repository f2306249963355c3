"""A recipe with stand-ins for its faulty tables, so that all else can be checked in one round."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from ganzoo.errors import Fault
from ganzoo.recipe.schema import Recipe

# Tables of tables: one of them that cannot be read keeps its name, which others may speak of.
NAMED = (
    "networks",
    "losses",
    "latents",
    "outputs",
    "optimizers",
    "metrics",
    "callbacks",
    "augmentations",
    "players",
    "trackers",
)
NEEDED = ("type", "expression")
LEAST = {"data": {"type": ""}, "losses": {}, "optimizers": {}, "train": {"length": "1 step"}}


def without_faulty(tables: Mapping[str, Any], faults: Iterable[Fault]) -> Recipe | None:
    """The recipe without what is wrong; None where the meaning of all the rest depends on that."""
    rest: dict[str, Any] = copy.deepcopy(dict(tables))
    for fault in faults:
        _leave_out(rest, fault.path.split("."))
    try:
        return Recipe.model_validate({**copy.deepcopy(LEAST), **rest})
    except ValidationError:
        return None


def is_spoiled(path: str, faults: Iterable[Fault]) -> bool:
    """Whether a fault at a path follows from one of others."""
    bad = [_whole(fault.path) for fault in faults]
    return any(path == place or path.startswith(f"{place}.") for place in bad)


def _whole(path: str) -> str:
    """The table that cannot stand without the setting at a path; else the path itself."""
    table, _, key = path.rpartition(".")
    return table if key in NEEDED else path


def _leave_out(tables: dict[str, Any], keys: list[str]) -> None:
    if len(keys) > 1 and keys[-1] in NEEDED:
        keys = keys[:-1]
    if len(keys) == 2 and keys[0] in NAMED and isinstance(tables.get(keys[0]), dict):
        tables[keys[0]][keys[1]] = {} if keys[0] in ("players", "trackers") else {"type": ""}
    elif keys == ["train", "length"] and isinstance(tables.get("train"), dict):
        tables["train"]["length"] = "1 step"
    else:
        _delete(tables, keys)


def _delete(tables: dict[str, Any], keys: list[str]) -> None:
    """Remove what stands at a path; a list that holds it goes as a whole."""
    for depth, key in enumerate(keys):
        inner = tables.get(key)
        if depth == len(keys) - 1 or not isinstance(inner, (dict, list)):
            tables.pop(key, None)
            return
        if isinstance(inner, list):
            place = keys[depth + 1 : depth + 2]
            item = inner[int(place[0])] if place and place[0].isdigit() else None
            if isinstance(item, dict) and depth + 2 < len(keys):
                _delete(item, keys[depth + 2 :])
            else:
                tables.pop(key, None)
            return
        tables = inner
