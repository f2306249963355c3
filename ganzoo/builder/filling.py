"""The filled copy: the recipe with every default written out, values with every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ganzoo.builder.blueprint import Blueprint, ComponentPlan, PenaltyPlan, TermPlan
from ganzoo.recipe.schema import CheckpointsTable, Recipe
from ganzoo.recipe.tables import (
    ComponentTable,
    ExpressionTable,
    NetworkTable,
    OutputTable,
    TermTable,
    WeightTable,
)

AnyTable = TypeVar("AnyTable", bound=ComponentTable)


def fill(blueprint: Blueprint) -> Recipe:
    """The blueprint's recipe with all settings; reads back to the same training."""
    recipe, schedule, data = blueprint.recipe, blueprint.schedule, blueprint.data
    assert schedule is not None
    assert data is not None
    terms = {term.name: term for term in blueprint.terms}
    return recipe.model_copy(
        update={
            "networks": {n: _network(n, t, blueprint) for n, t in recipe.networks.items()},
            "losses": {
                n: _with(table, {**_wires(table, terms[n].loss), **terms[n].loss.settings},
                         buffer=_fill(table.buffer, terms[n].buffer),
                         weight=_weight(table.weight, terms[n]),
                         penalties=_penalties(table, terms[n]))
                for n, table in recipe.losses.items()
            },
            "latents": _fill_all(recipe.latents, blueprint.latents),
            "outputs": {n: _output(n, table, blueprint) for n, table in recipe.outputs.items()},
            "data": _fill(recipe.data, replace(data, settings=_whole_places(data))),
            "optimizers": _fill_all(recipe.optimizers, blueprint.optimizers),
            "schedule": _fill(recipe.schedule, schedule.schedule),
            "checkpoints": _checkpoints(blueprint),
            "ema": recipe.ema.filled() if recipe.ema else None,
            "metrics": {
                n: _with(t, {**t.settings, **blueprint.metrics[n].metric.settings})
                for n, t in recipe.metrics.items()
                if n in blueprint.metrics
            },
            "callbacks": _fill_all(recipe.callbacks, blueprint.callbacks),
            "augmentations": _fill_all(recipe.augmentations, blueprint.augmentations),
        }
    )  # fmt: skip


def _whole_places(data: ComponentPlan) -> dict[str, Any]:
    """With whole paths, so that a run's data are found from another working directory, too."""
    settings, places = dict(data.settings), getattr(data.component_class, "places", ())
    for name in places:
        if isinstance(settings.get(name), str) and settings[name]:
            settings[name] = str(Path(settings[name]).expanduser().absolute())
    return settings


def _checkpoints(blueprint: Blueprint) -> CheckpointsTable:
    """Without the score that decides, where its metric is left out."""
    table = blueprint.recipe.checkpoints
    known = table.best.partition(".")[0] in blueprint.metrics
    return table if known else table.model_copy(update={"best": ""})


def _network(name: str, table: NetworkTable, blueprint: Blueprint) -> ComponentTable:
    plan = blueprint.inits[name].plan if name in blueprint.inits else None
    filled = ComponentTable(type=plan.name, **_plain(plan.settings)) if plan else None
    return _with(table, blueprint.networks[name].settings, init=filled)


def _wires(table: TermTable, loss: ComponentPlan) -> dict[str, Any]:
    return {key: value for key, value in table.settings.items() if key not in loss.settings}


def _weight(weight: float | WeightTable, plan: TermPlan | PenaltyPlan) -> ComponentTable | float:
    if isinstance(weight, WeightTable) and plan.schedule:
        return _with(weight, plan.schedule.schedule.settings)
    return plan.weight


def _penalties(table: TermTable, term: TermPlan) -> list[ComponentTable]:
    both = zip(table.penalties, term.penalties, strict=True)
    return [_with(t, p.penalty.settings, weight=_weight(t.weight, p)) for t, p in both]


def _output(
    name: str, table: ExpressionTable | OutputTable, blueprint: Blueprint
) -> ExpressionTable | OutputTable:
    if isinstance(table, ExpressionTable):
        return table
    return _with(table, {**table.settings, **blueprint.component_outputs[name].plan.settings})


def _fill_all(
    tables: Mapping[str, ComponentTable], plans: Mapping[str, ComponentPlan]
) -> dict[str, ComponentTable | None]:
    return {name: _fill(table, plans[name]) for name, table in tables.items()}


def _fill(table: ComponentTable | None, plan: ComponentPlan | None) -> ComponentTable | None:
    return _with(table, plan.settings) if table is not None and plan is not None else None


def _with(table: AnyTable, settings: Mapping[str, Any], **host: Any) -> AnyTable:
    """The same kind of table with these settings, and host keys overruled."""
    own = {key: getattr(table, key) for key in type(table).model_fields}
    return type(table)(**{**own, **host}, **_plain(settings))


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Values that TOML can write: no nulls, and lists for tuples."""
    values = {key: value for key, value in settings.items() if value is not None}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
