"""Tables of a recipe as a person would write them: what is a default anyway is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.recipe.tables import ComponentTable, NetworkTable, ScheduleTable, Table, TermTable
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import parameters


def shorten(
    kind: str, table: Mapping[str, Any], host: type[ComponentTable] = ComponentTable
) -> dict[str, Any]:
    """A component's table without settings, and keys of ganzoo's, that equal their defaults.

    kind: the component's, as "loss". table: as `Recipe.to_dict` gives it.
    """
    component = installed().registry.get(kind, table["type"]).load()
    given = parameters(component, skip=int(kind == "optimizer"))
    usual = {each.name: _plain(each.default) for each in given}
    usual |= host(type=table["type"]).model_dump(mode="json")
    return {k: v for k, v in table.items() if k == "type" or k not in usual or usual[k] != v}


def shorten_network(plan: ComponentPlan, table: Mapping[str, Any]) -> dict[str, Any]:
    """A network's table, without the way to start its weights if that is the component's own."""
    filled = {**table, **{key: _plain(value) for key, value in plan.settings.items()}}
    short = shorten(plan.kind, filled, NetworkTable)
    start = short.get("init")
    usual = getattr(plan.component_class, "default_init", None)
    if start is not None and shorten("init", start) == {"type": usual}:
        del short["init"]
    return {key: value for key, value in short.items() if value is not None}


def shorten_term(table: Mapping[str, Any]) -> dict[str, Any]:
    """A term's table, and those of its buffer and its penalties."""
    short = shorten("loss", table, TermTable)
    if "buffer" in short:
        short["buffer"] = shorten("buffer", short["buffer"])
    if "penalties" in short:
        short["penalties"] = [_weighted("penalty", each) for each in short["penalties"]]
    return short


def shorten_schedule(table: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule's table."""
    return shorten("schedule", table, ScheduleTable)


def shorten_host(table: Mapping[str, Any], usual: Table) -> dict[str, Any]:
    """One of ganzoo's own tables, without what it has in `usual` anyway."""
    defaults = usual.model_dump(mode="json")
    return {key: value for key, value in table.items() if defaults.get(key) != value}


def _weighted(kind: str, table: Mapping[str, Any]) -> dict[str, Any]:
    short = shorten(kind, table)
    if short.get("weight") == 1:
        del short["weight"]
    return short


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return [*value] if isinstance(value, tuple) else value
