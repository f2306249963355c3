"""The inputs of an exported output: their shapes, of which some sizes are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ganzoo.inference.exporting.pixel_form import PixelForm, range_of
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import Sides
from ganzoo.interfaces import Variable

InputKind = Literal["image", "vector", "label"]
COUNT = "N"  # the axis of the samples
# The axes of an image's sides, from the last one on; those of another size than the first image's
# have its name before them.
AXES = ("W", "H", "D")


@dataclass(frozen=True)
class GraphInput:
    """An input of an exported output.

    name: of the variable or latent.
    axes: of its tensor, (N, C, H, W) for images: a number, or the name of a size that is open.
    pixels: how its values are those of pixels; None for images in [-1, 1], vectors and labels.
    """

    name: str
    variable: Variable
    axes: tuple[str | int, ...]
    pixels: PixelForm | None = None

    @property
    def kind(self) -> InputKind:
        """An image, a vector (N, C), or labels (N,)."""
        if self.variable.classes:
            return "label"
        return "image" if self.variable.size else "vector"

    def __str__(self) -> str:
        """`x (N, 3, H, W) in [-1, 1]`."""
        shape = (
            f"{self.name} ({', '.join(map(str, self.axes))}{',' if self.variable.classes else ''})"
        )
        if self.variable.classes:
            return f"{shape} of 0 ... {self.variable.classes - 1}"
        if self.pixels:
            low, high = range_of(self.variable)
            return f"{shape} of {self.pixels.dtype}, {low:g} ... {high:g}"
        return f"{shape} in [-1, 1]" if self.kind == "image" else shape

    def read(self, value: Tensor) -> Tensor:
        """The value as networks take it: pixels as an image (N, C, H, W) in [-1, 1]."""
        return self.pixels.read(value, self.variable) if self.pixels else value

    def unread(self, value: Tensor) -> Tensor:
        """A value as networks take it as one that the graph takes; the reverse of `read`."""
        if self.pixels is None:
            return value
        image = value.movedim(1, -1) if self.pixels.channels == "last" else value
        return self.pixels.scale((image + 1) / 2, self.variable)

    def make_example(self, sizes: Mapping[str, int], seed: int) -> Tensor:
        """A random tensor of its kind: images in [-1, 1] or of pixels, normal vectors, labels.

        sizes: what the open axes are.
        """
        rng = torch.Generator().manual_seed(seed)
        shape = [axis if isinstance(axis, int) else sizes[axis] for axis in self.axes]
        if self.variable.classes:
            return torch.randint(self.variable.classes, shape, generator=rng)
        if self.kind == "vector":
            return torch.randn(shape, generator=rng)
        share = torch.rand(shape, generator=rng)
        return self.pixels.scale(share, self.variable) if self.pixels else share * 2 - 1


def find_inputs(
    model: Model, output: OutputWire, pixels: PixelForm | None = None
) -> tuple[GraphInput, ...]:
    """The inputs of an output, images first; latents are inputs, too.

    Images of one size in training keep one size, others have a size of their own.
    pixels: how images of the data are given; None: in [-1, 1].

    Raises:
        ValueError: pixels do not hold the values of an image.
    """
    variables = {name: model.variables[name] for name in sorted(output.names)}
    ordered = sorted(variables, key=lambda name: _rank(name, variables[name], model))
    sizes: dict[Sides, str] = {}
    inputs = []
    for name in ordered:
        sides = variables[name].shape[1:]
        prefix = sizes.setdefault(sides, f"{name}_" if sizes else "") if sides else ""
        form = pixels if sides and name not in model.latents else None
        inputs.append(_describe(name, variables[name], prefix, form))
    return tuple(inputs)


def _rank(name: str, variable: Variable, model: Model) -> tuple[bool, bool, str]:
    return name in model.latents, variable.size is None, name


def _describe(name: str, variable: Variable, prefix: str, pixels: PixelForm | None) -> GraphInput:
    if variable.classes:
        return GraphInput(name, variable, (COUNT,))
    sides = [f"{prefix}{axis}" for axis in reversed(AXES[: len(variable.shape) - 1])]
    if pixels is None:
        return GraphInput(name, variable, (COUNT, variable.channels, *sides))
    pixels.check(name, variable)
    return GraphInput(name, variable, pixels.order(COUNT, variable.channels, sides), pixels)
