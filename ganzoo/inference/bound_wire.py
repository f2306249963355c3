"""Wires as functions on one batch, for outputs that take more than evaluating one."""

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
    """A wire and what its names stand for; see `ganzoo.interfaces.Wire`.

    inputs: tensors (count, ...) by name.
    draw: a latent's draw for so many samples, the same at each call.
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
        """The wire's value for every sample so many `times`, some names given other values."""
        values: Values = {n: self._stand_in(n, times, given) for n in names(self.expression)}
        return evaluate(plan([self.expression], values), values, self.networks)[self.text]

    def _stand_in(self, name: str, times: int, given: Mapping[str, Tensor]) -> Tensor:
        if name in given:
            return given[name]
        if name in self.inputs:
            return torch.cat([self.inputs[name]] * times)
        return self.draw(name, times * self.count)
