"""What a student takes over from its teacher's recipe: data, optimizers, length, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.roles import DISCRIMINATORS, GENERATORS
from ganzoo.expression import Expression, Name, names, networks
from ganzoo.planning.short_tables import shorten, shorten_host, shorten_schedule
from ganzoo.recipe.schema import CheckpointsTable, SamplesTable, TrainTable
from ganzoo.recipe.tables import AugmentationTable, MetricTable, OptimizerTable, PlayerTable

Tables = dict[str, Any]
PLAYERS = (GENERATORS, DISCRIMINATORS)


@dataclass(frozen=True)
class Distilled:
    """An output that is distilled: its name, the teacher's wire, and the student's."""

    output: str
    teacher: Expression
    student: Expression


def keep_training(
    blueprint: Blueprint, before: Mapping[str, Any], distilled: Distilled, steps: int | None
) -> Tables:
    """The tables of a student's recipe beside its networks and losses, as the teacher's has them.

    blueprint: the teacher's. before: the tables of its recipe, filled.
    steps: how long the training is; None for the teacher's length.
    Callbacks, alarms and trackers are left out, as they may name what the student has not.
    """
    metrics = dict(_metrics(blueprint, distilled))
    tables = {
        "latents": _latents(blueprint, before, distilled.student),
        "players": _players(before),
        "outputs": {distilled.output: _output(before, distilled)},
        "data": shorten("data", before["data"]),
        "augmentations": {
            name: shorten("augmentation", table, AugmentationTable)
            for name, table in before.get("augmentations", {}).items()
        },
        "optimizers": _optimizers(blueprint, before),
        "schedule": shorten_schedule(before.get("schedule", {"type": "constant"})),
        "ema": _averages(before),
        "train": _train(before, steps),
        "samples": _samples(before, distilled),
        "checkpoints": _checkpoints(before, metrics),
        "metrics": metrics,
    }
    return {key: table for key, table in tables.items() if table}


def _latents(blueprint: Blueprint, before: Mapping[str, Any], wire: Expression) -> Tables:
    drawn = names(wire) & {*blueprint.latents}
    return {n: shorten("latent", t) for n, t in before.get("latents", {}).items() if n in drawn}


def _players(before: Mapping[str, Any]) -> Tables:
    """How the two usual players move; others own networks that the student may not have."""
    tables = before.get("players", {})
    order = [name for name in tables.get("order", []) if name in PLAYERS]
    usual = PlayerTable()
    moves = {name: shorten_host(tables[name], usual) for name in PLAYERS if name in tables}
    moves = {name: _without(table, "networks") for name, table in moves.items()}
    return {"order": order, **moves} if order else {n: t for n, t in moves.items() if t}


def _output(before: Mapping[str, Any], distilled: Distilled) -> str | Tables:
    mode = before["outputs"][distilled.output].get("mode", "eval")
    wire = str(distilled.student)
    return wire if mode == "eval" else {"expression": wire, "mode": mode}


def _optimizers(blueprint: Blueprint, before: Mapping[str, Any]) -> Tables:
    known = {"default", *PLAYERS, *blueprint.discriminators}
    return {
        name: shorten("optimizer", table, OptimizerTable)
        for name, table in before["optimizers"].items()
        if name in known
    }


def _averages(before: Mapping[str, Any]) -> Tables:
    return _without(before.get("ema") or {}, "networks")


def _train(before: Mapping[str, Any], steps: int | None) -> Tables:
    length = before["train"]["length"] if steps is None else f"{steps} steps"
    usual = TrainTable.model_validate({"length": "1 step"})
    return {"length": length, **_without(shorten_host(before["train"], usual), "length")}


def _samples(before: Mapping[str, Any], distilled: Distilled) -> Tables:
    images = sorted(names(distilled.student))
    show = [*images, str(distilled.teacher), str(distilled.student)]
    table = shorten_host(before.get("samples", {}), SamplesTable())
    return {"show": show, **_without(table, "show")}


def _checkpoints(before: Mapping[str, Any], metrics: Mapping[str, Any]) -> Tables:
    table = shorten_host(before.get("checkpoints", {}), CheckpointsTable())
    known = str(table.get("best", "")).partition(".")[0] in metrics
    return table if known else _without(table, "best")


def _metrics(blueprint: Blueprint, distilled: Distilled) -> Iterator[tuple[str, Tables]]:
    """The teacher's metrics of that output; none that would fetch weights unasked."""
    known = {*blueprint.variables, distilled.output}
    for name, plan in blueprint.metrics.items():
        wires = {key: _named(wire, distilled) for key, wire in plan.wires.items()}
        read = {each for wire in wires.values() for each in names(wire)}
        called = {each for wire in wires.values() for each in networks(wire)}
        about = Name(distilled.output) in wires.values()
        if about and read <= known and not called and name not in blueprint.unasked:
            table = blueprint.recipe.metrics[name].model_dump(mode="json", exclude_none=True)
            table |= {key: str(wire) for key, wire in wires.items()}
            yield name, shorten("metric", table, MetricTable)


def _named(wire: Expression, distilled: Distilled) -> Expression:
    """The output's name for its wire."""
    return Name(distilled.output) if wire == distilled.teacher else wire


def _without(table: Mapping[str, Any], key: str) -> Tables:
    return {name: value for name, value in table.items() if name != key}
