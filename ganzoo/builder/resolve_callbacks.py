"""The callbacks of a recipe."""

from __future__ import annotations

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.lookup import Lookup


def read_callbacks(blueprint: Blueprint, lookup: Lookup) -> None:
    """Find the callbacks; each is made once, so that settings that it refuses are told."""
    for name, table in blueprint.recipe.callbacks.items():
        path = f"callbacks.{name}"
        if not name.replace("-", "_").isidentifier():
            lookup.fault(path, "a callback's name is one word of letters, digits, - and _")
        plan = lookup.plan("callback", table, path)
        lookup.make(plan)
        blueprint.callbacks |= {name: plan} if plan else {}
