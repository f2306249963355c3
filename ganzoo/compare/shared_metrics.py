"""Which metrics a comparison shows: the recipes' own, each for every system that can serve it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.builder.experiment import build_recipe
from ganzoo.compare.systems import System
from ganzoo.errors import DataError, GanzooError
from ganzoo.evaluation.measuring import rehearse
from ganzoo.expression import Expression, Name, names, networks

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class ComparedMetric:
    """A metric as a recipe writes it.

    label: what it is called here, where others may have the same name.
    needs: the outputs and variables in its wires. shared: whether it names no network, so that
    every system that has these can be asked.
    """

    label: str
    table: dict[str, Any]
    needs: frozenset[str]
    shared: bool


def own_metrics(systems: Sequence[System]) -> dict[str, list[ComparedMetric]]:
    """Each system's metrics, by its name.

    What has one name and one meaning has one label; another meaning is another metric, and has its
    system's name beside: `labels (mine)`.
    """
    labels: dict[tuple[str, str], str] = {}
    found: dict[str, list[ComparedMetric]] = {}
    for system in systems:
        found[system.name] = own = []
        for name, plan in system.blueprint.metrics.items():
            is_new = all(known != name for known, _ in labels)
            label = name if is_new else f"{name} ({system.name})"
            key = name, _meaning(plan, system.blueprint)
            own.append(_asked(labels.setdefault(key, label), plan))
    return found


def metrics_of(system: System, own: Mapping[str, Sequence[ComparedMetric]]) -> Tables:
    """The shared metrics of which a system has all outputs, and all of its own."""
    known = {*system.blueprint.outputs, *system.blueprint.variables}
    everyone = [asked for each in own.values() for asked in each]
    fitting = [asked for asked in everyone if asked.shared and asked.needs <= known]
    return {asked.label: asked.table for asked in [*fitting, *own[system.name]]}


def plan_metrics(systems: Sequence[System]) -> tuple[dict[str, Tables], list[str]]:
    """The metrics of each system, and a sentence for each that cannot be had, with the reason.

    Each is shown one test sample of its system as it is before training, so that a package that is
    missing is told before hours are spent. Data that are missing are the training's to tell.
    """
    own = own_metrics(systems)
    planned = {system.name: metrics_of(system, own) for system in systems}
    refused = {system.name: _refusals(system, planned[system.name]) for system in systems}
    kept = {
        name: {label: table for label, table in tables.items() if label not in refused[name]}
        for name, tables in planned.items()
    }
    return kept, _sentences(planned, refused)


def _sentences(planned: Mapping[str, Tables], refused: Mapping[str, dict[str, str]]) -> list[str]:
    """What all systems refuse for one reason is told once."""
    found: dict[tuple[str, str], list[str]] = {}
    for system, reasons in refused.items():
        for label, reason in reasons.items():
            found.setdefault((label, reason), []).append(system)
    return [
        f"metrics.{label} is left out{_for(systems, label, planned)}: {reason}"
        for (label, reason), systems in found.items()
    ]


def _for(systems: Sequence[str], label: str, planned: Mapping[str, Tables]) -> str:
    everyone = [name for name, tables in planned.items() if label in tables]
    return "" if len(systems) == len(everyone) else f" for {', '.join(systems)}"


def _refusals(system: System, tables: Tables) -> dict[str, str]:
    """Why metrics cannot be computed; each is tried alone where they cannot all be."""
    if not _refusal(system, tables):
        return {}
    reasons = {label: _refusal(system, {label: table}) for label, table in tables.items()}
    return {label: reason for label, reason in reasons.items() if reason}


def _refusal(system: System, metrics: Tables) -> str:
    """Why they cannot be computed; nothing where they can."""
    tables = system.blueprint.recipe.to_dict()
    kept = {**tables["checkpoints"], "best": ""}
    asked = {label: {**table, "when": "run"} for label, table in metrics.items()}
    try:
        experiment = build_recipe({**tables, "checkpoints": kept, "metrics": asked})
        experiment.data.prepare()
        rehearse(experiment, experiment.data)
    except DataError:
        return ""
    except GanzooError as error:
        return str(error).splitlines()[-1].strip()
    return ""


def _asked(label: str, plan: MetricPlan) -> ComparedMetric:
    wires = {wire: str(expression) for wire, expression in plan.wires.items()}
    needs = {name for expression in plan.wires.values() for name in names(expression)}
    shared = not any(networks(expression) for expression in plan.wires.values())
    table = {"type": plan.metric.name, **plan.metric.settings, **wires}
    return ComparedMetric(label, table, frozenset(needs), shared)


def _meaning(plan: MetricPlan, blueprint: Blueprint) -> str:
    """What two metrics have in common that may stand in one column.

    An output is its name, also where its expression is written; what networks are called is their
    recipe's own affair.
    """
    wires = {wire: _shape(each, blueprint) for wire, each in plan.wires.items()}
    told = [plan.metric.name, plan.metric.settings, wires]
    return json.dumps(told, sort_keys=True, default=str)


def _shape(wire: Expression, blueprint: Blueprint) -> Any:
    for name, output in blueprint.outputs.items():
        if wire in (Name(name), output):
            return name
    if isinstance(wire, Name):
        return wire.name
    return [wire.head, *(_shape(argument, blueprint) for argument in wire.arguments)]
