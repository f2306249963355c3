"""Whether networks take as many classes as the labels they are given have."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from ganzoo.errors import Fault
from ganzoo.expression import Call, Expression, Name, walk
from ganzoo.interfaces import Variable


def label_fault(
    wire: Expression,
    path: str,
    variables: Mapping[str, Variable],
    networks: Mapping[str, nn.Module],
) -> Fault | None:
    """The first call of a wire whose label does not fit; an index too large would show late."""
    for call in walk(wire):
        if isinstance(call, Call) and not call.head:
            message = _misfit(call, variables, networks[call.network])
            if message:
                return Fault(path, message, str(wire), max(str(wire).find(str(call)), 0))
    return None


def _misfit(call: Call, variables: Mapping[str, Variable], network: nn.Module) -> str:
    """A network that does not say how many classes it takes is let pass."""
    taken = getattr(network, "classes", 0)
    for argument in call.arguments:
        given = variables[argument.name].classes if isinstance(argument, Name) else None
        if not given or taken in (0, given):
            continue
        takes = "no label" if taken is None else f"one of {taken}"
        return (
            f"{argument} is a label of {given} classes, and '{call.network}' takes {takes}: "
            f"set networks.{call.network}.classes = {given}"
        )
    return ""
