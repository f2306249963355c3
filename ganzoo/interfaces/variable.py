"""What a name in a wire stands for, and how an image file becomes it.

Import `Variable` from `ganzoo.interfaces`, where the contracts stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = Literal["srgb", "ignore"]
Interpolation = Literal["bicubic", "nearest"]
Aspect = Literal["keep", "squash"]


@dataclass(frozen=True)
class Variable:
    """What a name in a wire stands for, known from settings alone.

    channels, size: an image (N, channels, height, width); without a size, a vector (N, channels).
    classes: instead, a class label (N,) of 0 ... classes - 1.
    labels: the classes' names, where they have some.

    How a file becomes this image, in training and in use alike:
    range: the values of a file that become -1 and 1; None is all that the file's type can hold.
    colour: `srgb` converts colours by the file's profile; `ignore` takes its values as they are.
    interpolation: how it is resized; `nearest` keeps the colours of a label map.
    aspect: `keep` scales an image until it covers `size`; `squash` gives it exactly that size;
        `crop` cuts samples out of it as it is, so that in use an image is seen as large as it is.
    """

    channels: int = 3
    size: tuple[int, int] | None = None
    classes: int | None = None
    labels: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    colour: Colour = "srgb"
    interpolation: Interpolation = "bicubic"
    aspect: Aspect | Literal["crop"] = "keep"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample, without N."""
        return () if self.classes else (self.channels, *(self.size or ()))
