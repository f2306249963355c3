"""Drawing from an output that is made of latents and class labels alone: G(z), G(z, c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.engine.rng import derive, torch_generator
from ganzoo.interfaces import Variable

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# Images of one batch. Always so many, even if fewer are asked for, as rounding depends on it.
TOGETHER = 16


def draw(model: Model, count: int, output: str, label: int | None, seed: int, start: int) -> Tensor:
    """Images (count, C, H, W) on the CPU, as `Model.sample` says.

    Raises:
        ValueError: as there.
    """
    if count < 1:
        raise ValueError(f"count is {count}: it must be at least 1")
    chosen = model.output(drawable(model, output))
    _check_label(model, chosen, label)
    first = start - start % TOGETHER
    batches = []
    for begin in range(first, start + count, TOGETHER):
        inputs = _inputs(model, chosen, range(begin, begin + TOGETHER), label, seed)
        value = model.evaluate([chosen], inputs, derive(seed, "sample", begin))[0]
        batches.append((value[-1] if isinstance(value, list) else value).float().cpu())
    return torch.cat(batches)[start - first : start - first + count]


def drawable(model: Model, output: str = "") -> str:
    """The name of an output that is made of latents and class labels; by default the first one.

    Raises:
        ValueError: there is no such output, or it needs more than that.
    """
    for name in [output] if output else model.outputs:
        if is_drawable(model, name):
            return name
    chosen = model.output(output)
    raise ValueError(f"'{chosen.wire}' needs {', '.join(_lacking(model, chosen))}")


def is_drawable(model: Model, output: str) -> bool:
    """Whether an output is made of latents and class labels alone."""
    return not _lacking(model, model.output(output))


def _lacking(model: Model, output: OutputWire) -> list[str]:
    """What an output needs beside them."""
    needed = output.names - set(model.latents)
    return sorted(name for name in needed if not model.variables[name].classes)


def class_label(model: Model, output: OutputWire) -> Variable | None:
    """What the class is that an output is given; None where it is given none."""
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


def _inputs(
    model: Model, output: OutputWire, numbers: range, label: int | None, seed: int
) -> dict[str, Tensor]:
    """What images of these numbers are made from: each has latents of its own, classes in turn."""
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
