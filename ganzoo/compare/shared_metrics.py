"""Chooses a comparison's metrics: those of the recipes, each for all systems it can measure."""

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
    """A metric of a recipe in a comparison.

    label: its name in the comparison, as metrics of several recipes may have one name.
    table: the metric as the recipe writes it.
    needs: the outputs and variables in its wires.
    shared: whether its wires call no network, so that it can measure every system that has `needs`.
    """

    label: str
    table: dict[str, Any]
    needs: frozenset[str]
    shared: bool


def own_metrics(systems: Sequence[System]) -> dict[str, list[ComparedMetric]]:
    """The metrics of each system, by the system's name.

    Metrics of one name and one meaning share a label. If a metric has the same name but another
    meaning, its label includes the system's name: `labels (mine)`.
    """
    labels: dict[tuple[str, str], str] = {}
    metrics: dict[str, list[ComparedMetric]] = {}
    for system in systems:
        metrics[system.name] = own = []
        for name, plan in system.blueprint.metrics.items():
            is_new = all(known != name for known, _ in labels)
            label = name if is_new else f"{name} ({system.name})"
            key = name, _meaning(plan, system.blueprint)
            own.append(_compared_metric(labels.setdefault(key, label), plan))
    return metrics


def metrics_of(system: System, own: Mapping[str, Sequence[ComparedMetric]]) -> Tables:
    """The metrics of a system: its own, and the shared ones of which it has all outputs."""
    known = {*system.blueprint.outputs, *system.blueprint.variables}
    everyone = [metric for metrics in own.values() for metric in metrics]
    fitting = [metric for metric in everyone if metric.shared and metric.needs <= known]
    return {metric.label: metric.table for metric in [*fitting, *own[system.name]]}


def plan_metrics(systems: Sequence[System]) -> tuple[dict[str, Tables], list[str]]:
    """The metrics of each system, and a sentence for each that cannot be computed, with the reason.

    Each metric sees one test sample of its system before training, so that a missing package is
    reported before hours are spent. Missing data are reported by the training.
    """
    own = own_metrics(systems)
    return leave_out_refused(systems, {system.name: metrics_of(system, own) for system in systems})


def leave_out_refused(
    systems: Sequence[System], planned: Mapping[str, Tables]
) -> tuple[dict[str, Tables], list[str]]:
    """The planned metrics that can be computed, by system, and a sentence for each that cannot."""
    refused = {system.name: _refusals(system, planned[system.name]) for system in systems}
    served = {
        name: {label: table for label, table in tables.items() if label not in refused[name]}
        for name, tables in planned.items()
    }
    return served, _sentences(planned, refused)


def _sentences(planned: Mapping[str, Tables], refused: Mapping[str, dict[str, str]]) -> list[str]:
    """A sentence for each metric and reason; it names the systems."""
    refusing: dict[tuple[str, str], list[str]] = {}
    for system, reasons in refused.items():
        for label, reason in reasons.items():
            refusing.setdefault((label, reason), []).append(system)
    return [
        f"metrics.{label} is left out{_for(systems, label, planned)}: {reason}"
        for (label, reason), systems in refusing.items()
    ]


def _for(systems: Sequence[str], label: str, planned: Mapping[str, Tables]) -> str:
    everyone = [name for name, tables in planned.items() if label in tables]
    return "" if len(systems) == len(everyone) else f" for {', '.join(systems)}"


def _refusals(system: System, tables: Tables) -> dict[str, str]:
    """Why metrics cannot be computed, by label; if all together fail, each is tried alone."""
    if not _refusal(system, tables):
        return {}
    reasons = {label: _refusal(system, {label: table}) for label, table in tables.items()}
    return {label: reason for label, reason in reasons.items() if reason}


def _refusal(system: System, metrics: Tables) -> str:
    """Why these metrics cannot be computed, as a sentence; "" if they can."""
    tables = system.blueprint.recipe.to_dict()
    checkpoints = {**tables["checkpoints"], "best": ""}
    at_the_end = {label: {**table, "when": "run"} for label, table in metrics.items()}
    try:
        experiment = build_recipe(
            {**tables, "checkpoints": checkpoints, **system.measuring(at_the_end)}
        )
        experiment.data.prepare()
        rehearse(experiment, experiment.data)
    except DataError:
        return ""
    except GanzooError as error:
        return str(error).splitlines()[-1].strip()
    return ""


def _compared_metric(label: str, plan: MetricPlan) -> ComparedMetric:
    wires = {wire: str(expression) for wire, expression in plan.wires.items()}
    needs = {name for expression in plan.wires.values() for name in names(expression)}
    shared = not any(networks(expression) for expression in plan.wires.values())
    table = {"type": plan.metric.name, **plan.metric.settings, **wires}
    return ComparedMetric(label, table, frozenset(needs), shared)


def _meaning(plan: MetricPlan, blueprint: Blueprint) -> str:
    """A text that is equal for two metrics that may share a column.

    An output is compared by its name, even if a recipe writes its expression. Names of networks are
    not compared, as each recipe chooses its own.
    """
    wires = {wire: _shape(each, blueprint) for wire, each in plan.wires.items()}
    meaning = [plan.metric.name, plan.metric.settings, wires]
    return json.dumps(meaning, sort_keys=True, default=str)


def _shape(wire: Expression, blueprint: Blueprint) -> Any:
    for name, output in blueprint.outputs.items():
        if wire in (Name(name), output):
            return name
    if isinstance(wire, Name):
        return wire.name
    return [wire.head, *(_shape(argument, blueprint) for argument in wire.arguments)]
