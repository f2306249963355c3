"""Values of pixels in place of images in [-1, 1], as inputs and outputs of an exported graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.inference.exporting.export_formats import ChannelPlace, PixelType
from ganzoo.inference.value_type import SCALES, Range
from ganzoo.interfaces import Variable
from ganzoo.interfaces.levels import from_levels, to_exact_levels


@dataclass(frozen=True)
class PixelForm:
    """How a graph takes and gives pixels.

    dtype: of the values; float32 is on the range of the training files.
    channels: (N, C, H, W) if first, (N, H, W, C) if last.
    """

    dtype: PixelType
    channels: ChannelPlace = "last"

    def check(self, name: str, variable: Variable) -> None:
        """Check that the type holds the values that a variable is read from.

        Raises:
            ValueError: it does not.
        """
        if self.dtype == "uint8" and not holds_bytes(variable):
            low, high = range_of(variable)
            raise ValueError(
                f"{name} is read from values of {low:g} ... {high:g}, which uint8 does not hold; "
                "ask for float32"
            )

    def order(self, count: str, channels: int, sides: Sequence[str]) -> tuple[str | int, ...]:
        """The axes of a tensor of pixels."""
        last = self.channels == "last"
        return (count, *sides, channels) if last else (count, channels, *sides)

    def scale(self, share: Tensor, variable: Variable) -> Tensor:
        """Values at these shares of the way from black (0) to white (1)."""
        low, high = range_of(variable)
        values = share * (high - low) + low
        return values.round().to(torch.uint8) if self.dtype == "uint8" else values

    def read(self, values: Tensor, variable: Variable) -> Tensor:
        """Values as an image (N, C, H, W) in [-1, 1], as files are read."""
        image = values.movedim(-1, 1) if self.channels == "last" else values
        if holds_bytes(variable):
            return from_levels(image.to(torch.float32).clamp(0, 255))
        low, high = range_of(variable)
        return from_levels(((image - low) * (255 / (high - low))).clamp(0, 255))

    def write(self, image: Tensor, variable: Variable | None) -> Tensor:
        """An image (N, C, H, W) in [-1, 1] as values, as the files of that variable hold them.

        variable: what the image is of; None where that is not known: values of 0 ... 255.
        """
        values = to_exact_levels(image).clamp(0, 255)
        known = variable or Variable()
        if not holds_bytes(known):
            low, high = range_of(known)
            values = values * ((high - low) / 255) + low
        elif self.dtype == "uint8":
            values = values.round().to(torch.uint8)
        return values.movedim(1, -1) if self.channels == "last" else values

    def read_back(self, values: Tensor, variable: Variable | None) -> Tensor:
        """Values that `write` gave as an image in [-1, 1]; the order of axes stays."""
        low, high = range_of(variable or Variable())
        return (values.float() - low) * (2 / (high - low)) - 1


def holds_bytes(variable: Variable) -> bool:
    """Whether a variable is read from values of 0 ... 255."""
    return range_of(variable) == SCALES["uint8"]


def range_of(variable: Variable) -> Range:
    """The values that become -1 and 1; those of 8 bits where no range is known."""
    if variable.range is not None:
        return variable.range
    known = {"uint16": SCALES["uint16"], "float32": SCALES["float32"]}
    return known.get(variable.dtype or "", SCALES["uint8"])
