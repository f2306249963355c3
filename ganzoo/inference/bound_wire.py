"""Wires as functions of one batch, for outputs that need more than one evaluation of a wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganzoo.engine.expressions import Values, evaluate, plan
from ganzoo.expression import Expression, names
from ganzoo.interfaces import Value


@dataclass(frozen=True)
class BoundWire:
    """A wire together with the values of its names; see `ganzoo.interfaces.Wire`.

    inputs: tensors (count, ...) by name.
    draw: draws a latent by name for a number of samples; every call draws the same values.
    """

    expression: Expression
    inputs: Mapping[str, Tensor]
    networks: Mapping[str, nn.Module]
    draw: Callable[[str, int], Tensor]
    count: int

    @property
    def text(self) -> str:
        """The wire as the recipe writes it."""
        return str(self.expression)

    def __call__(self, times: int = 1, /, **given: Tensor) -> Value:
        """The value of the wire for the batch repeated `times`; `given` replaces values by name."""
        values: Values = {n: self._stand_in(n, times, given) for n in names(self.expression)}
        return evaluate(plan([self.expression], values), values, self.networks)[self.text]

    def _stand_in(self, name: str, times: int, given: Mapping[str, Tensor]) -> Tensor:
        if name in given:
            return given[name]
        if name in self.inputs:
            return torch.cat([self.inputs[name]] * times)
        return self.draw(name, times * self.count)
