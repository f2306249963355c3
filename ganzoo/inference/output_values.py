"""Evaluates outputs of a model on one batch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ganzoo.engine.expressions import Values, evaluate, full_precision, plan
from ganzoo.engine.rng import no_trace, seed_torch, torch_generator
from ganzoo.expression import names
from ganzoo.inference.bound_wire import BoundWire
from ganzoo.inference.scale import match_sizes
from ganzoo.interfaces import Value

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire


def evaluate_outputs(
    model: Model, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int
) -> list[Value]:
    """Evaluate several outputs on one batch; see `Model.evaluate`."""
    used = {name for output in outputs for name in output.networks}
    values = _gather_inputs(model, outputs, inputs, seed)
    results: dict[int, Value] = {}
    with no_trace([model.networks[name] for name in used]), model.autocast():
        for train_mode in {output.train_mode for output in outputs}:
            for name in used:
                _set_mode(model, name, train_mode)
            seed_torch(seed, "output")
            batch = [o for o in outputs if o.train_mode == train_mode and o.component is None]
            by_wire = evaluate(plan([o.wire for o in batch], values), values, model.networks)
            results |= {id(o): by_wire[str(o.wire)] for o in batch}
        for output in outputs:
            if output.component is not None:
                results[id(output)] = _make(model, output, output.component, inputs, seed)
    return [full_precision(results[id(output)]) for output in outputs]


def _draw_latent(
    model: Model, seed: int, inputs: Mapping[str, Tensor], name: str, count: int
) -> Tensor:
    """Draw a latent for `count` samples; a spatial latent takes its size from the inputs."""
    rng, latent = torch_generator(seed, "latent", name), model.latents[name]
    shape = latent.variable(match_sizes(model.variables, inputs)).shape
    return _place(model, latent.draw((count, *shape), rng))


def _make(
    model: Model, output: OutputWire, component: Any, inputs: Mapping[str, Tensor], seed: int
) -> Value:
    """Let a component make its output, with the networks in evaluation mode."""
    for name in output.networks:
        model.networks[name].eval()
    placed = {name: _place(model, tensor) for name, tensor in inputs.items()}
    known = placed, model.networks, partial(_draw_latent, model, seed, inputs), _batch_size(inputs)
    bound = {name: BoundWire(wire, *known) for name, wire in output.wires.items()}
    seed_torch(seed, "output")
    value: Value = component.make(**bound)
    return value


def _set_mode(model: Model, name: str, train_mode: bool) -> None:
    model.networks[name].train(train_mode)
    for inner in model.resting.get(name, ()):
        model.networks[name].get_submodule(inner).training = False


def _gather_inputs(
    model: Model, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int
) -> Values:
    wanted = {name for output in outputs for name in names(output.wire)}
    values: Values = {name: _place(model, tensor) for name, tensor in inputs.items()}
    for name in wanted & set(model.latents) - set(inputs):
        values[name] = _draw_latent(model, seed, inputs, name, _batch_size(inputs))
    return values


def _place(model: Model, tensor: Tensor) -> Tensor:
    kind = model.dtype if tensor.is_floating_point() else tensor.dtype
    return tensor.to(model.device, kind)


def _batch_size(inputs: Mapping[str, Tensor]) -> int:
    return len(next(iter(inputs.values()))) if inputs else 1
