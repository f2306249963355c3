"""A named output of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ganzoo.expression import Expression, names, networks
from ganzoo.interfaces import Output


@dataclass(frozen=True)
class OutputWire:
    """A named output.

    wire: the expression to evaluate. For an output that a component makes, it is only a name.
    train_mode: whether dropout and batch statistics work as in training; some papers test so.
    component, wires: the component that makes the output, if one wire is not enough, and its wires.
    domain: the variable that the output's images are of; "" where that is not known.
    """

    wire: Expression
    train_mode: bool = False
    component: Output | None = None
    wires: Mapping[str, Expression] = field(default_factory=dict, hash=False)
    domain: str = ""

    @property
    def names(self) -> set[str]:
        """The variables and latents that the output needs."""
        return {name for wire in self.expressions() for name in names(wire)}

    @property
    def networks(self) -> set[str]:
        """The networks that the output calls."""
        return {name for wire in self.expressions() for name in networks(wire)}

    def expressions(self) -> list[Expression]:
        """The wires that the output evaluates."""
        return list(self.wires.values()) if self.component else [self.wire]


def find_output(outputs: Mapping[str, OutputWire], name: str) -> OutputWire:
    """An output by its name; the first output if no name is given.

    Raises:
        ValueError: there is no such output.
    """
    if not outputs:
        raise ValueError("this model has no outputs: its recipe names none")
    if name and name not in outputs:
        raise ValueError(f"there is no output '{name}'; there is {', '.join(outputs)}")
    return outputs[name or next(iter(outputs))]
