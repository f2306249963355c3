"""The networks of a student: those of its teacher's output, made narrower."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from ganzoo.builder.blueprint import Blueprint, ComponentPlan
from ganzoo.errors import GanzooError
from ganzoo.expression import Call, Expression
from ganzoo.expression import networks as networks_of
from ganzoo.planning.short_tables import shorten_network

WIDTH, BLOCKS = "width", "blocks"
STARTS = ("weights", "partial", "trainable")  # how a network of the teacher's recipe started


@dataclass(frozen=True)
class Sizes:
    """How large a student is.

    width: of its networks; None for half of the teacher's.
    blocks: how many; None for as many as the teacher's.
    """

    width: int | None = None
    blocks: int | None = None


@dataclass(frozen=True)
class Student:
    """A student's networks.

    names: theirs, by those of the teacher's networks that they stand for.
    tables: the recipe's, by their names.
    """

    names: Mapping[str, str]
    tables: Mapping[str, dict[str, Any]]

    def stand_in(self, wire: Expression) -> Expression:
        """A wire with the student's networks in place of the teacher's."""
        if not isinstance(wire, Call):
            return wire
        arguments = tuple(map(self.stand_in, wire.arguments))
        name = self.names.get(wire.network, wire.network)
        return replace(wire, network=name, arguments=arguments)


def make_student(
    blueprint: Blueprint, networks: Mapping[str, nn.Module], wire: Expression, sizes: Sizes
) -> Student:
    """Narrower copies of the networks that a wire calls; operations without weights stay.

    networks: the teacher's, by name.

    Raises:
        GanzooError: a network has no width or no blocks to be less of, or would not be smaller.
    """
    called = [name for name in blueprint.networks if name in networks_of(wire)]
    learnt = [name for name in called if [*networks[name].parameters()]]
    if not learnt:
        raise GanzooError(f"'{wire}' has no weights, so there is nothing to distil")
    plans = {name: blueprint.networks[name] for name in learnt}
    faults = [fault for name, plan in plans.items() if (fault := _fault(name, plan, sizes))]
    if faults:
        raise GanzooError("\n".join(faults))
    taken = {*blueprint.recipe.networks, *blueprint.variables, *blueprint.outputs}
    names = {name: _free("S" if len(learnt) == 1 else f"S_{name}", taken) for name in learnt}
    tables = {names[n]: _narrow(blueprint, n, plan, sizes) for n, plan in plans.items()}
    return Student(names, tables)


def own_width(plan: ComponentPlan, sizes: Sizes) -> int:
    """The width of a student's network."""
    return sizes.width or max(1, plan.settings[WIDTH] // 2)


def _fault(name: str, plan: ComponentPlan, sizes: Sizes) -> str:
    """Why a network cannot be made smaller so; "" if it can."""
    for setting, asked in ((WIDTH, True), (BLOCKS, sizes.blocks)):
        if asked and not isinstance(plan.settings.get(setting), int):
            known = ", ".join(plan.settings)
            return (
                f"networks.{name}: '{plan.name}' has no setting '{setting}' to make it smaller by "
                f"(it has {known})"
            )
    width, before = own_width(plan, sizes), plan.settings[WIDTH]
    blocks = plan.settings.get(BLOCKS, 0)
    fewer = sizes.blocks is not None and sizes.blocks < blocks
    if width > before or (width == before and not fewer):
        return f"--width {width}: networks.{name} of the teacher has {before}; a student has less"
    if sizes.blocks is not None and sizes.blocks > blocks:
        return f"--blocks {sizes.blocks}: networks.{name} of the teacher has {blocks}"
    return ""


def _narrow(blueprint: Blueprint, name: str, plan: ComponentPlan, sizes: Sizes) -> dict[str, Any]:
    table = blueprint.recipe.networks[name].model_dump(mode="json", exclude_none=True)
    for key in STARTS:
        table.pop(key, None)
    smaller = {WIDTH: own_width(plan, sizes)}
    smaller |= {} if sizes.blocks is None else {BLOCKS: sizes.blocks}
    return {**shorten_network(plan, table), **smaller}


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name
