"""What a person may give a model, and what they get for it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.data.in_memory import Picture, is_picture, read_picture
from ganzoo.errors import did_you_mean
from ganzoo.inference.scale import Scale, make_picture
from ganzoo.interfaces import Value, Variable
from ganzoo.interfaces.levels import from_levels, to_pixels

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

Given = Picture | Tensor | int
# Networks may step a little beyond [-1, 1], and what they made may be given back to them.
SLACK = 0.1


def call(
    model: Model, output: OutputWire, given: Mapping[str, Given], seed: int, scale: Scale
) -> Any:
    """An output of pictures or of tensors, as `Model.__call__` says.

    Raises:
        ValueError: an input is missing, unknown, or not what it should be.
    """
    _check_names(model, output, given)
    pictures = {name: value for name, value in given.items() if is_picture(value)}
    labels = {n for n in given if model.variables[n].classes}
    if not pictures:
        return _of_tensors(model, output, given, seed)
    if odd := given.keys() - pictures.keys() - labels:
        raise ValueError(f"give all images in one way: {', '.join(sorted(odd))} is a tensor")
    read = {name: _read(name, p, model.variables[name]) for name, p in pictures.items()}
    beside = {name: _tensor(name, given[name], model) for name in given if name in labels}
    result = make_picture(model, output, read, scale, seed, beside)
    array = to_pixels(result)
    if all(isinstance(picture, np.ndarray) for picture in pictures.values()):
        return array
    if array.ndim == 3 and array.shape[-1] != 3:
        raise ValueError(f"'{output.wire}' gives {array.shape[-1]} channels, which are no picture")
    return Image.fromarray(array)


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


def _read(name: str, picture: Any, variable: Variable) -> Tensor:
    if variable.classes or variable.size is None:
        raise ValueError(f"{name} is no image: give a tensor {_wanted(variable)}")
    try:
        return read_picture(picture, variable)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _of_tensors(model: Model, output: OutputWire, given: Mapping[str, Any], seed: int) -> Value:
    inputs = {}
    for name, value in given.items():  # no comprehension: Pythons count its frame differently
        inputs[name] = _tensor(name, value, model)
    counts = {name: len(value) for name, value in inputs.items()}
    if len(set(counts.values())) > 1:
        counts_by_name = " and ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"the inputs hold different numbers of samples: {counts_by_name}")
    value = model.evaluate([output], inputs, seed)[0]
    images = [n for n in given if not model.variables[n].classes]
    if not images or any(_dims(given[n]) > len(model.variables[n].shape) for n in images):
        return value
    return [each[0] for each in value] if isinstance(value, list) else value[0]


def _tensor(name: str, value: Any, model: Model) -> Tensor:
    """An input (N, ...): labels in int64, all else floating."""
    variable = model.variables[name]
    if variable.classes:
        return _label(name, value, variable.classes)
    if not isinstance(value, Tensor):
        raise ValueError(f"{name} is a {type(value).__name__}: give a tensor {_wanted(variable)}")
    batch = value[None] if value.dim() == len(variable.shape) else value
    if batch.dim() != len(variable.shape) + 1 or batch.shape[1] != variable.channels:
        raise ValueError(
            f"{name} is {_shape(value)}: give {_wanted(variable)}{_hint(value, variable)}"
        )
    if not len(batch):
        raise ValueError(f"{name} holds no sample")
    if variable.size is None or name in model.latents:
        return batch
    return _image(name, batch)


def _image(name: str, batch: Tensor) -> Tensor:
    """Images (N, C, H, W) in [-1, 1]."""
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
            f"{name} holds {low:g} ... {high:g}, and nothing of the darker half of [-1, 1]: is it "
            "in 0 ... 1? Then give x * 2 - 1",
            stacklevel=6,
        )
    return batch


def _label(name: str, value: Any, classes: int) -> Tensor:
    """Class labels (N,)."""
    label = torch.as_tensor(value)
    label = label[None] if label.dim() == 0 else label
    if label.dim() != 1 or label.is_floating_point() or label.dtype == torch.bool or not len(label):
        raise ValueError(f"{name} is a class: give a whole number, or a tensor (N,) of them")
    if int(label.min()) < 0 or int(label.max()) >= classes:
        raise ValueError(f"{name} is a class of 0 ... {classes - 1}, not {label.tolist()[:4]}")
    return label.long()


def _wanted(variable: Variable) -> str:
    if variable.classes:
        return "(N,) of whole numbers"
    if variable.size is None:
        return f"(N, {variable.channels})"
    return f"(N, {variable.channels}, height, width), or one image without N"


def _hint(value: Tensor, variable: Variable) -> str:
    last = value.dim() in (3, 4) and value.shape[-1] == variable.channels
    return "; channels come before height and width" if last and variable.size else ""


def _shape(value: Tensor) -> str:
    return f"({', '.join(map(str, value.shape))})"


def _dims(value: Any) -> int:
    return value.dim() if isinstance(value, Tensor) else 0
