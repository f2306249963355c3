"""Draws images from an output that needs only latents and class labels: G(z), G(z, c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.engine.rng import derive, torch_generator
from ganzoo.interfaces import Variable, last_tensor

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# Images per batch, even if fewer are asked for: rounding depends on the size of a batch.
TOGETHER = 16


def draw(model: Model, count: int, output: str, label: int | None, seed: int, start: int) -> Tensor:
    """Draw images (count, C, H, W) onto the CPU; see `Model.sample`.

    Raises:
        ValueError: see `Model.sample`.
    """
    if count < 1:
        raise ValueError(f"count is {count}: it must be at least 1")
    chosen = model.output(drawable(model, output))
    _check_label(model, chosen, label)
    first = start - start % TOGETHER
    batches = []
    for begin in range(first, start + count, TOGETHER):
        inputs = _make_inputs(model, chosen, range(begin, begin + TOGETHER), label, seed)
        value = model.evaluate([chosen], inputs, derive(seed, "sample", begin))[0]
        batches.append(last_tensor(value).float().cpu())
    return torch.cat(batches)[start - first : start - first + count]


def drawable(model: Model, output: str = "") -> str:
    """The name of an output that needs only latents and class labels.

    output: the name to check; left out, the first such output is chosen.

    Raises:
        ValueError: there is no such output, or it needs other inputs.
    """
    for name in [output] if output else model.outputs:
        if is_drawable(model, name):
            return name
    chosen = model.output(output)
    raise ValueError(f"'{chosen.wire}' needs {', '.join(_list_missing(model, chosen))}")


def is_drawable(model: Model, output: str) -> bool:
    """Whether an output needs only latents and class labels."""
    return not _list_missing(model, model.output(output))


def _list_missing(model: Model, output: OutputWire) -> list[str]:
    """The names of the inputs that an output needs in addition to latents and class labels."""
    needed = output.names - set(model.latents)
    return sorted(name for name in needed if not model.variables[name].classes)


def class_label(model: Model, output: OutputWire) -> Variable | None:
    """The variable that holds an output's class; None if the output has no classes."""
    needed = [model.variables[name] for name in sorted(output.names)]
    return next((variable for variable in needed if variable.classes), None)


def _check_label(model: Model, output: OutputWire, label: int | None) -> None:
    if label is None:
        return
    variable = class_label(model, output)
    if variable is None or not variable.classes:
        raise ValueError(f"'{output.wire}' has no classes to choose from")
    if not 0 <= label < variable.classes:
        raise ValueError(f"there is no class {label}: they are 0 ... {variable.classes - 1}")


def _make_inputs(
    model: Model, output: OutputWire, numbers: range, label: int | None, seed: int
) -> dict[str, Tensor]:
    """The inputs of the images with these numbers.

    The number of an image decides its latents and, if no label is given, its class.
    """
    inputs: dict[str, Tensor] = {}
    for name in output.names:
        variable = model.variables[name]
        if variable.classes:
            turns = [n % variable.classes if label is None else label for n in numbers]
            inputs[name] = torch.tensor(turns)
        else:
            latent, shape = model.latents[name], (1, *variable.shape)
            rngs = [torch_generator(seed, "sample", name, number) for number in numbers]
            inputs[name] = torch.cat([latent.draw(shape, rng) for rng in rngs])
    return inputs
