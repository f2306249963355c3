"""Evaluates several outputs of a model at once, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from ganzoo.inference.model import Model
from ganzoo.interfaces import Value


def evaluate_named(
    model: Model, inputs: Mapping[str, Tensor], names: Sequence[str] = (), seed: int = 0
) -> dict[str, Value]:
    """Evaluate outputs for inputs (N, ...); returns their values by name.

    names: which outputs; left out, all. seed: of dropout, and of latents not among the inputs.

    Raises:
        ValueError: there is no such output.
    """
    wires = {name: model.output(name) for name in names or model.outputs}
    values = model.evaluate([*wires.values()], inputs, seed) if wires else []
    return dict(zip(wires, values, strict=True))
