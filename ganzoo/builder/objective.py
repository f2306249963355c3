"""A recipe's objective and its components in words, as `ganzoo show` and the report write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.builder.assemble import Assembly
from ganzoo.builder.blueprint import Blueprint, ComponentPlan, SchedulePlan, TermPlan
from ganzoo.recipe.notation import Term, objective
from ganzoo.registry.signature import as_written, settings


def as_terms(term: TermPlan) -> list[Term]:
    """A term of the blueprint as the notation writes it, and its penalties."""
    wires = {name: str(wire) for name, wire in term.wires.items()}
    terms = [_written(term.name, term.loss, wires, term.weight, _remarks(term))]
    for plan in term.penalties if term.weight != 0 else ():
        remarks = ["the discriminator's", *_moving(plan.schedule)]
        terms.append(_written(plan.name, plan.penalty, wires, plan.weight, remarks))
    return terms


def _written(
    name: str, plan: ComponentPlan, wires: dict[str, str], weight: float, remarks: list[str]
) -> Term:
    notation = str(getattr(plan.component_class, "notation", ""))
    return Term(name, plan.name, notation, wires, weight, ", ".join([*remarks, *_set(plan)]))


def _remarks(term: TermPlan) -> list[str]:
    """What its formula does not say: the buffer, and a weight that moves."""
    remarks = []
    if term.buffer is not None:
        size = term.buffer.settings.get("size")
        remarks.append(f"{term.buffer.name} of {size}" if size else term.buffer.name)
    return remarks + _moving(term.schedule)


def _moving(schedule: SchedulePlan | None) -> list[str]:
    return [f"its weight times {scheduled(schedule)}"] if schedule else []


def _set(plan: ComponentPlan) -> list[str]:
    """The settings that are not its defaults."""
    return changed(plan).split(", ")[1:]


def objective_lines(blueprint: Blueprint, assembly: Assembly) -> list[str]:
    """Who plays against whom, and the sum of the terms."""
    discriminators = {name for term in blueprint.live for name in term.discriminators}
    owned = {name for player in assembly.players for name in player.networks}
    trained = [name for name in assembly.networks if name in owned]
    makers = [name for name in trained if name not in discriminators]
    terms = [written for term in blueprint.terms for written in as_terms(term)]
    return objective(terms, makers, [n for n in trained if n in discriminators])


def scheduled(plan: SchedulePlan) -> str:
    """A schedule with its settings, and its warm-up."""
    rising = f", after a warm-up of {plan.warmup}" if plan.warmup else ""
    return f"{changed(plan.schedule)}{rising}"


def changed(plan: ComponentPlan, skip: int = 0) -> str:
    """A component with the settings that are not its defaults: `resnet, width = 32`."""
    defaults = {s.name: s.default for s in settings(plan.component_class, skip) if not s.required}
    different = {
        name: value
        for name, value in plan.settings.items()
        if name not in defaults or not _same(value, defaults[name])
    }
    return ", ".join([plan.name, *assignments(different)])


def assignments(values: Mapping[str, Any]) -> list[str]:
    """`width = 32`, as a recipe writes it."""
    return [f"{name} = {as_written(value)}" for name, value in values.items()]


def _same(value: Any, default: Any) -> bool:
    """Equal, where a list in a recipe may be a tuple in Python."""
    return bool(value == (list(default) if isinstance(default, tuple) else default)) or bool(
        value == default
    )
