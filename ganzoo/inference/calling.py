"""Calling a model: checks the inputs that a user gives, and returns a result of the same kind."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ganzoo.components.data.in_memory import Picture, is_picture, read_picture
from ganzoo.errors import did_you_mean
from ganzoo.inference.call_result import to_result
from ganzoo.inference.scale import Scale, make_picture
from ganzoo.interfaces import Value, Variable
from ganzoo.interfaces.levels import from_levels

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

Given = Picture | Tensor | int
# Outputs of networks may exceed [-1, 1] slightly, and they may be given to a model as inputs.
SLACK = 0.1


def call(
    model: Model, output: OutputWire, given: Mapping[str, Given], seed: int, scale: Scale
) -> Any:
    """Compute an output from pictures or from tensors; see `Model.__call__`.

    Raises:
        ValueError: an input is missing, unknown, or of a wrong kind, shape or range.
    """
    _check_names(model, output, given)
    pictures = {name: value for name, value in given.items() if is_picture(value)}
    labels = {n for n in given if model.variables[n].classes}
    if not pictures:
        return _call_with_tensors(model, output, given, seed)
    if odd := given.keys() - pictures.keys() - labels:
        names = ", ".join(sorted(odd))
        raise ValueError(f"give all images as pictures or all as tensors: {names} is a tensor")
    read = {name: _read_picture(name, p, model.variables[name]) for name, p in pictures.items()}
    beside = {name: _check_tensor(name, given[name], model) for name in given if name in labels}
    result = make_picture(model, output, read, scale, seed, beside)
    variable, domain = model.variables[next(iter(pictures))], model.variables.get(output.domain)
    return to_result(result, [*pictures.values()], variable, domain)


def _check_names(model: Model, output: OutputWire, given: Mapping[str, Given]) -> None:
    missing = output.names - set(given) - set(model.latents)
    if missing:
        raise ValueError(f"'{output.wire}' needs {', '.join(sorted(missing))}")
    for name in given:
        if name not in model.variables:
            hint = did_you_mean(name, model.variables)
            raise ValueError(
                f"the model knows no '{name}', only {', '.join(model.variables)}.{hint}"
            )


def _read_picture(name: str, picture: Any, variable: Variable) -> Tensor:
    if variable.classes or variable.size is None:
        raise ValueError(f"{name} is no image: give a tensor {_describe_shape(variable)}")
    try:
        return read_picture(picture, variable)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _call_with_tensors(
    model: Model, output: OutputWire, given: Mapping[str, Any], seed: int
) -> Value:
    inputs = {name: _check_tensor(name, value, model) for name, value in given.items()}
    counts = {name: len(value) for name, value in inputs.items()}
    if len(set(counts.values())) > 1:
        counts_by_name = " and ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"the inputs hold different numbers of samples: {counts_by_name}")
    value = model.evaluate([output], inputs, seed)[0]
    images = [n for n in given if not model.variables[n].classes]
    if not images or any(
        _count_dimensions(given[n]) > len(model.variables[n].shape) for n in images
    ):
        return value
    return [each[0] for each in value] if isinstance(value, list) else value[0]


def _check_tensor(name: str, value: Any, model: Model) -> Tensor:
    """Check an input and return it as (N, ...): labels in int64, everything else floating-point."""
    variable = model.variables[name]
    if variable.classes:
        return _check_label(name, value, variable.classes)
    if not isinstance(value, Tensor):
        kind = type(value).__name__
        raise ValueError(f"{name} is a {kind}: give a tensor {_describe_shape(variable)}")
    batch = value[None] if value.dim() == len(variable.shape) else value
    fits = batch.dim() == len(variable.shape) + 1 and batch.shape[1] == variable.channels
    if not fits or (variable.depth is not None and batch.shape[2] == 1):  # one slice is flat
        raise ValueError(
            f"{name} is {_format_shape(value)}: give {_describe_shape(variable)}"
            f"{_hint_at_order(value, variable)}"
        )
    if not len(batch):
        raise ValueError(f"{name} is empty: give at least one sample")
    if variable.size is None or name in model.latents:
        return batch
    return _check_image(name, batch)


def _check_image(name: str, batch: Tensor) -> Tensor:
    """Check images (N, C, H, W) or volumes (N, C, D, H, W) and return them in [-1, 1]."""
    if batch.dtype == torch.uint8:
        return from_levels(batch)
    if not batch.is_floating_point():
        kind = str(batch.dtype).removeprefix("torch.")
        raise ValueError(f"{name} is {kind}: images are uint8, or floating-point in [-1, 1]")
    low, high = (float(end) for end in torch.aminmax(batch.detach()))
    if not -1 - SLACK <= low <= high <= 1 + SLACK:
        raise ValueError(
            f"{name} holds {low:g} ... {high:g}, and images are in [-1, 1]: "
            "give uint8, or x / 127.5 - 1 for values of 0 ... 255"
        )
    if 0 <= low < high:
        warnings.warn(
            f"{name} holds {low:g} ... {high:g}, and images are in [-1, 1], where negative values "
            "are dark: if it is in 0 ... 1, give x * 2 - 1",
            stacklevel=_count_own_frames(),
        )
    return batch


def _count_own_frames() -> int:
    """The `stacklevel` of a warning by the function that asks, to show the line of the user."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals["__name__"].startswith("ganzoo.inference."):
        frame, level = frame.f_back, level + 1
    return level


def _check_label(name: str, value: Any, classes: int) -> Tensor:
    """Check class labels and return them as (N,)."""
    label = torch.as_tensor(value)
    label = label[None] if label.dim() == 0 else label
    if label.dim() != 1 or label.is_floating_point() or label.dtype == torch.bool or not len(label):
        raise ValueError(f"{name} is a class: give a whole number, or a tensor (N,) of them")
    if int(label.min()) < 0 or int(label.max()) >= classes:
        raise ValueError(f"{name} is a class of 0 ... {classes - 1}, not {label.tolist()[:4]}")
    return label.long()


def _describe_shape(variable: Variable) -> str:
    """The shape of tensor that a variable needs, for messages."""
    if variable.classes:
        return "(N,) of whole numbers"
    if variable.size is None:
        return f"(N, {variable.channels})"
    sides, one = ("height, width", "image")
    if variable.depth is not None:
        sides, one = ("depth, height, width", "volume")
    return f"(N, {variable.channels}, {sides}), or one {one} without N"


def _hint_at_order(value: Tensor, variable: Variable) -> str:
    """A hint where the channels of an image seem to come last."""
    sides = len(variable.shape)
    last = value.dim() in (sides, sides + 1) and value.shape[-1] == variable.channels
    return "; channels come before height and width" if last and variable.size else ""


def _format_shape(value: Tensor) -> str:
    return f"({', '.join(map(str, value.shape))})"


def _count_dimensions(value: Any) -> int:
    return value.dim() if isinstance(value, Tensor) else 0
