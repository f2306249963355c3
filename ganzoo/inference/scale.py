"""Runs a picture of any size through an output, at the scale at which the networks were trained."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from ganzoo.components.data.image_files import MAX_PIXELS
from ganzoo.components.data.transforms import Size, covering, resize
from ganzoo.engine.rng import derive
from ganzoo.interfaces import Variable
from ganzoo.interfaces.levels import from_levels, to_exact_levels

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

Scale = float | Literal["trained", "native"]
"""How a picture is resized before the networks see it.

`trained`: as held-out images are resized for metrics. The picture covers the size of training, or
is squashed to it; if training cut crops out of images, the picture keeps its size.
`native`: the picture keeps its size. A number: the factor by which the picture is resized.
"""


def working_size(source: Size, variable: Variable, scale: Scale) -> Size:
    """The size to which a picture of size `source` is resized.

    Raises:
        ValueError: the scale is no valid scale, or the picture would be too large.
    """
    if isinstance(scale, str):
        size = _trained(source, variable) if scale == "trained" else source
    elif math.isfinite(scale) and scale > 0:
        size = max(1, round(source[0] * scale)), max(1, round(source[1] * scale))
    else:
        raise ValueError(f"a scale is 'trained', 'native' or a factor above 0, not {scale}")
    if math.prod(size) > MAX_PIXELS:
        raise ValueError(f"at this scale it would be {size[1]} x {size[0]} px; give a smaller one")
    return size


def _trained(source: Size, variable: Variable) -> Size:
    if variable.size is None or variable.scale == "native":
        return source
    return variable.size if variable.aspect == "squash" else covering(source, variable.size)


@dataclass(frozen=True)
class Prepared:
    """Pictures as an output takes them.

    inputs: by variable, (1, ...); pictures are in [-1, 1].
    seed: of random draws. It depends on the pictures' content, not on their place in a folder.
    source, worked: the size of the first picture, and the size to which it was resized.
    """

    inputs: Mapping[str, Tensor]
    seed: int
    source: Size
    worked: Size


def make_picture(
    model: Model,
    output: OutputWire,
    pictures: Mapping[str, Tensor],
    scale: Scale = "trained",
    seed: int = 0,
    beside: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Compute an output from whole pictures; returns (C, H, W) in [-1, 1], on the CPU.

    See `prepare` and `undo_resizing`, which do the first and the last part of it.

    Raises:
        ValueError: see `working_size`.
    """
    prepared = prepare(model, pictures, scale, seed, beside)
    return undo_resizing(compute(model, output, [prepared])[0], prepared)


def prepare(
    model: Model,
    pictures: Mapping[str, Tensor],
    scale: Scale = "trained",
    seed: int = 0,
    beside: Mapping[str, Tensor] | None = None,
) -> Prepared:
    """Resize pictures for the networks.

    pictures: (C, H, W) in 0 ... 255 by variable, as `read_image` returns them.
    beside: inputs other than pictures, (1, ...).

    Raises:
        ValueError: see `working_size`.
    """
    resized = {
        name: _resize_to_scale(image, model.variables[name], scale)
        for name, image in pictures.items()
    }
    inputs = {name: from_levels(image)[None] for name, image in resized.items()}
    first = next(iter(pictures))
    return Prepared(
        inputs | dict(beside or {}),
        derive(seed, "content", digest(pictures.values())),
        _size(pictures[first]),
        _size(resized[first]),
    )


def compute(model: Model, output: OutputWire, prepared: Sequence[Prepared]) -> list[Tensor]:
    """The output (C, h, w) for each of these pictures, on the CPU.

    prepared: several have inputs of one shape, and an output for which nothing is drawn at random:
        all follow the first one's seed.
    """
    inputs = {
        name: torch.cat([each.inputs[name] for each in prepared]) for name in prepared[0].inputs
    }
    value = model.evaluate([output], inputs, prepared[0].seed)[0]
    return list((value[-1] if isinstance(value, list) else value).float().cpu())


def undo_resizing(result: Tensor, prepared: Prepared) -> Tensor:
    """A result (C, h, w) in [-1, 1] at the size of its file.

    If the networks keep the size of an image, that is the size of the first picture. If they change
    it by some factor, the result differs from the first picture by that factor.
    """
    source, worked = prepared.source, prepared.worked
    if source == worked or result.dim() != 3:
        return result
    size = _size(result)
    height, width = (max(1, round(source[i] * size[i] / worked[i])) for i in (0, 1))
    levels = to_exact_levels(result.nan_to_num(-1.0).clamp(-1, 1))
    return from_levels(resize(levels, (height, width)))


def match_sizes(
    variables: Mapping[str, Variable], inputs: Mapping[str, Tensor]
) -> Mapping[str, Variable]:
    """The variables with the sizes of these inputs (N, C, H, W).

    Variables that are not among the inputs are scaled by the factor of the first input.
    """
    trained = {name: variable.size for name, variable in variables.items() if variable.size}
    given = {name: _size(tensor) for name, tensor in inputs.items() if name in trained}
    if not given:
        return variables
    first = next(iter(given))
    ends = trained[first], given[first]
    sizes = {name: given.get(name) or _scale_size(size, *ends) for name, size in trained.items()}
    return {**variables, **{n: replace(variables[n], size=size) for n, size in sizes.items()}}


def _scale_size(size: Size, before: Size, now: Size) -> Size:
    height, width = (max(1, round(size[i] * now[i] / before[i])) for i in (0, 1))
    return height, width


def digest(pictures: Iterable[Tensor]) -> str:
    """A hash of the pictures' values and shapes."""
    hashed = hashlib.blake2b(digest_size=16)
    for picture in pictures:
        hashed.update(repr((picture.dtype, tuple(picture.shape))).encode())
        hashed.update(picture.contiguous().numpy().data)
    return hashed.hexdigest()


def _resize_to_scale(picture: Tensor, variable: Variable, scale: Scale) -> Tensor:
    size = working_size(_size(picture), variable, scale)
    return resize(picture, size, variable.interpolation)


def _size(image: Tensor) -> Size:
    return image.shape[-2], image.shape[-1]
