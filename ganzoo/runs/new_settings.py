"""Settings that components got after a run was made; their defaults compute what it computed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ganzoo.errors import GanzooError
from ganzoo.recipe.places import kinds_at, look_up
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import parameters


def is_new_default(path: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a run's recipe lacks a component's setting that is its default in another recipe.

    path: of the setting. before, now: the recipes' tables, the run's first; both are filled, so
        only a component that had no such setting leaves it out.
    """
    table, _, key = path.rpartition(".")
    was, now_is = (look_up(tables, table) for tables in (before, now))
    if not isinstance(was, dict) or not isinstance(now_is, dict):
        return False
    if key in was or key not in now_is or was.get("type") != now_is.get("type"):
        return False
    parameter = _parameters(table.split("."), str(now_is.get("type"))).get(key)
    return parameter is not None and _as_written(parameter.default) == now_is[key]


def _parameters(path: list[str], name: str) -> Mapping[str, inspect.Parameter]:
    """The settings of the component that a table names; none where it is not installed."""
    registry = installed().registry
    for kind in kinds_at(path):
        try:
            return {each.name: each for each in parameters(registry.get(kind, name).load())}
        except GanzooError:
            continue
    return {}


def _as_written(default: Any) -> Any:
    """A default as a recipe holds it, where a tuple is a list."""
    return list(default) if isinstance(default, tuple) else default
