"""The terms of a recipe: losses, wires, weights that follow a schedule, penalties."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ganzoo.builder.blueprint import Blueprint, PenaltyPlan, SchedulePlan, TermPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.expression import Call
from ganzoo.interfaces import AdversarialLoss
from ganzoo.recipe.tables import ScheduleTable, TermTable, WeightTable
from ganzoo.registry.signature import wires

SIDES = {"real": True, "fake": True}
MODULES = nn.ModuleDict()  # players keep networks and losses in one; its own attributes are taken


def read_terms(blueprint: Blueprint, lookup: Lookup) -> None:
    """Every entry of `[losses]`."""
    for name, table in blueprint.recipe.losses.items():
        path = f"losses.{name}"
        if not name.isidentifier():
            lookup.fault(path, "a term's name is one word of letters, digits and _")
        refuse_taken(name, path, lookup)
        loss_class = lookup.load("loss", table.type, path)
        if loss_class is not None:
            term = _read_term(name, table, loss_class, lookup)
            blueprint.terms += [term] if term else []
    if not blueprint.recipe.losses:
        lookup.fault("losses", "there is no term, so nothing would be trained")


def _read_term(name: str, table: TermTable, loss_class: Any, lookup: Lookup) -> TermPlan | None:
    path = f"losses.{name}"
    adversarial = issubclass(loss_class, AdversarialLoss)
    wanted = SIDES if adversarial else wires(loss_class.forward)
    loss = lookup.plan("loss", table, path, without=wanted)
    read = lookup.wires(table, wanted, path)
    buffer = lookup.plan("buffer", table.buffer, f"{path}.buffer") if table.buffer else None
    if table.buffer and not adversarial:
        lookup.fault(
            f"{path}.buffer", f"'{table.type}' has no discriminator to show past samples to"
        )
    if table.penalties and not adversarial:
        lookup.fault(f"{path}.penalties", f"'{table.type}' has no discriminator that could pay")
    for wire, expression in read.items():
        if adversarial and not isinstance(expression, Call):
            lookup.fault(
                f"{path}.{wire}", "this should call a discriminator, as D(x)", str(expression)
            )
    if loss is None or len(read) < sum(wanted.values()):
        return None
    weight, schedule = _read_weight(table.weight, f"{path}.weight", lookup)
    penalties = _read_penalties(table, path, lookup)
    return TermPlan(name, loss, read, weight, table.player, buffer, schedule, penalties)


def _read_weight(
    weight: float | WeightTable, path: str, lookup: Lookup
) -> tuple[float, SchedulePlan | None]:
    if isinstance(weight, WeightTable):
        return weight.value, read_schedule(weight, path, lookup)
    return weight, None


def read_schedule(table: ScheduleTable, path: str, lookup: Lookup) -> SchedulePlan | None:
    """A schedule, of learning rates or of a weight."""
    plan = lookup.plan("schedule", table, path)
    lookup.make(plan)
    return SchedulePlan(plan, table.warmup) if plan else None


def _read_penalties(table: TermTable, path: str, lookup: Lookup) -> list[PenaltyPlan]:
    """Called `<term>.<type>` in the log; a second one of a type is `<term>.<type>_2`."""
    plans = []
    types = [penalty.type for penalty in table.penalties]
    for place, penalty in enumerate(table.penalties):
        plan = lookup.plan("penalty", penalty, f"{path}.penalties.{place}")
        lookup.make(plan)
        before = types[:place].count(penalty.type)
        name = f"{path.partition('.')[2]}.{penalty.type}{f'_{before + 1}' if before else ''}"
        if plan is not None:
            weight = _read_weight(penalty.weight, f"{path}.penalties.{place}.weight", lookup)
            plans.append(PenaltyPlan(name, plan, *weight))
    return plans


def refuse_taken(name: str, path: str, lookup: Lookup) -> None:
    """Note a name that torch's modules have an attribute of."""
    if hasattr(MODULES, name):
        lookup.fault(path, f"'{name}' is a name that torch keeps for itself; choose another")


def try_components(blueprint: Blueprint, lookup: Lookup, trains: bool, faulty: bool) -> None:
    """Note what constructors refuse of settings that are sound as such.

    Optimizers are tried for a recipe that is trained: the first one of a process imports torch's
    compiler, which takes half as long as torch itself. All else is tried for a recipe that is at
    fault anyhow, so that all that is wrong with its settings is one list.
    """
    if trains:
        for plan in blueprint.optimizers.values():
            lookup.make(plan, [torch.zeros(1, requires_grad=True)])
    if not (faulty or lookup.faults):
        return
    unread = len(blueprint.terms) < len(blueprint.recipe.losses)
    names = set(blueprint.networks) if unread else blueprint.used
    plans = [plan for name, plan in blueprint.networks.items() if name in names]
    for term in blueprint.live:
        plans += [plan for plan in (term.loss, term.buffer) if plan is not None]
    with torch.device("meta"), weights_follow():
        for plan in plans:
            lookup.make(plan)
