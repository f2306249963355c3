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
from ganzoo.inference.light_images import is_light, one_thread
from ganzoo.interfaces import Variable, last_tensor
from ganzoo.interfaces.levels import from_levels, to_exact_levels

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

Sides = tuple[int, ...]
"""(height, width), or (depth, height, width)"""
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
    if math.prod(size) > MAX_PIXELS and size != source:
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
    first = prepared[0]
    with one_thread(is_light(model, output, first.worked)):
        value = model.evaluate([output], inputs, first.seed)[0]
    return list(last_tensor(value).float().cpu())


def undo_resizing(result: Tensor, prepared: Prepared) -> Tensor:
    """A result (C, h, w), or volume (C, d, h, w), in [-1, 1] at the size of its file.

    If the networks keep the size of an image, that is the size of the first picture. If they change
    it by some factor, the result differs from the first picture by that factor.
    """
    source, worked = prepared.source, prepared.worked
    if source == worked or result.dim() not in (3, 4):
        return result
    size = _size(result)
    height, width = (max(1, round(source[i] * size[i] / worked[i])) for i in (0, 1))
    levels = to_exact_levels(result.nan_to_num(-1.0).clamp(-1, 1))
    return from_levels(resize(levels, (height, width)))


def halve_scale(size: Size, variable: Variable, scale: Scale) -> float:
    """A smaller scale to try: half the size that was tried, as a factor of the file's size."""
    tried = working_size(size, variable, scale)
    return min(tried[0] / size[0], tried[1] / size[1]) / 2


def match_sizes(
    variables: Mapping[str, Variable], inputs: Mapping[str, Tensor]
) -> Mapping[str, Variable]:
    """The variables with the sides of these inputs (N, C, H, W), or (N, C, D, H, W).

    Variables that are not among the inputs are scaled by the factors of the first input.
    """
    trained = {name: v.shape[1:] for name, v in variables.items() if v.size}
    given = {n: tuple(tensor.shape[2:]) for n, tensor in inputs.items() if n in trained}
    if not given:
        return variables
    first = next(iter(given))
    ends = trained[first], given[first]
    sides = {name: given.get(name) or _scale_sides(each, *ends) for name, each in trained.items()}
    return {**variables, **{n: _with_sides(variables[n], each) for n, each in sides.items()}}


def _scale_sides(sides: Sides, before: Sides, now: Sides) -> Sides:
    """Sides scaled as those of another went; a depth stays if that one has none."""
    ends = [(1, 1)] * (len(sides) - len(now)) + list(zip(before, now, strict=True))
    scaled = zip(sides, ends[-len(sides) :], strict=True)
    return tuple(max(1, round(side * after / first)) for side, (first, after) in scaled)


def _with_sides(variable: Variable, sides: Sides) -> Variable:
    depth, (height, width) = sides[:-2], sides[-2:]
    return replace(variable, size=(height, width), depth=depth[0] if depth else None)


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
