"""Which metrics a comparison shows: the recipes' own, each for every system that can serve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.build.experiment import build_recipe
from ganzoo.build.plans import MetricPlan
from ganzoo.compare.systems import System
from ganzoo.errors import DataError, GanzooError
from ganzoo.expression import names, networks
from ganzoo.run.evaluation import rehearse

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A metric as a recipe writes it, and the outputs and variables in its wires."""

    table: dict[str, Any]
    needs: frozenset[str]


def shared_metrics(systems: Sequence[System]) -> dict[str, Asked]:
    """The metrics that every system may be asked for: wired by outputs and data alone.

    Of several with one name the first counts.
    """
    shared: dict[str, Asked] = {}
    for system in systems:
        for name, plan in system.blueprint.metrics.items():
            if not any(networks(wire) for wire in plan.wires.values()):
                shared.setdefault(name, _asked(plan))
    return shared


def metrics_of(system: System, shared: Mapping[str, Asked]) -> Tables:
    """The shared metrics of which a system has all outputs, then those of its own."""
    blueprint = system.blueprint
    known = {*blueprint.outputs, *blueprint.variables}
    own = {name: _asked(plan) for name, plan in blueprint.metrics.items() if name not in shared}
    fitting = {name: asked for name, asked in shared.items() if asked.needs <= known}
    return {name: asked.table for name, asked in {**fitting, **own}.items()}


def plan_metrics(systems: Sequence[System]) -> tuple[dict[str, Tables], dict[str, str]]:
    """The metrics of each system, and those that cannot be had here, with the reason.

    Each is shown one held-out sample of a system as it is before training, so that a package that
    is missing is told before hours are spent. Data that are missing are the training's to tell.
    """
    shared, refused = shared_metrics(systems), dict[str, str]()
    planned = {system.name: metrics_of(system, shared) for system in systems}
    tried: set[str] = set()
    for system in systems:
        for name in planned[system.name].keys() - tried:
            tried.add(name)
            reason = _refusal(system, name, planned[system.name][name])
            refused |= {name: reason} if reason else {}
    kept = {
        system: {name: table for name, table in metrics.items() if name not in refused}
        for system, metrics in planned.items()
    }
    return kept, refused


def _refusal(system: System, name: str, table: dict[str, Any]) -> str:
    """Why a metric cannot be computed; nothing where it can."""
    tables = system.blueprint.recipe.to_dict()
    kept = {**tables["checkpoints"], "best": ""}
    metrics = {name: {**table, "when": "run"}}
    recipe = {**tables, "checkpoints": kept, "metrics": metrics}
    try:
        experiment = build_recipe(recipe)
        experiment.data.prepare()
        rehearse(experiment, experiment.data)
    except DataError:
        return ""
    except GanzooError as error:
        return str(error).splitlines()[-1].strip()
    return ""


def _asked(plan: MetricPlan) -> Asked:
    wires = {wire: str(expression) for wire, expression in plan.wires.items()}
    needs = {name for expression in plan.wires.values() for name in names(expression)}
    return Asked({"type": plan.metric.name, **plan.metric.settings, **wires}, frozenset(needs))
