"""What a name in a wire stands for, and how an image file is read as it.

Import `Variable` from `ganzoo.interfaces`, where the contracts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = Literal["srgb", "ignore"]
Interpolation = Literal["bicubic", "nearest"]
Aspect = Literal["keep", "squash"]
Resolution = Literal["cover", "native"]
Pages = Literal["first", "each", "channels", "depth"]


@dataclass(frozen=True)
class Variable:
    """What a name in a wire stands for. It follows from settings alone: no file is opened.

    channels, size: an image (N, channels, height, width); without a size, a vector (N, channels).
    depth: with it, a volume (N, channels, depth, height, width).
    classes: instead, a class label (N,) of 0 ... classes - 1.
    labels: the classes' names; empty where they have none.

    How an image file is read, in training and by `ganzoo translate` alike:
    range: the values of a file that become -1 and 1; None stands for the range of the file's type.
    colour: `srgb` converts colours by the file's profile; `ignore` takes its values as they are.
    interpolation: how it is resized; `nearest` keeps the colours of a label map.
    scale: `cover` resizes an image until it covers `size`; `native` cuts samples out of it without
        resizing, so that a trained model is given images at their full size.
    aspect: `keep` resizes an image in proportion and crops the rest; `squash` resizes it to `size`,
        whatever its proportions.
    pages: of a file of several pages, frames or slices: the `first` is read; `each` is an image of
        its own; all are `channels` of one image, or the `depth` of a volume, as with every `depth`.
    dtype: the type of the values in the training files, as "uint16"; None where it is not known, or
        all files have 8 bits.
    """

    channels: int = 3
    size: tuple[int, int] | None = None
    classes: int | None = None
    labels: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    colour: Colour = "srgb"
    interpolation: Interpolation = "bicubic"
    aspect: Aspect = "keep"
    scale: Resolution = "cover"
    pages: Pages = "first"
    depth: int | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        if self.depth is not None and self.pages == "first":
            object.__setattr__(self, "pages", "depth")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample, without N."""
        depth = () if self.depth is None else (self.depth,)
        return () if self.classes else (self.channels, *depth, *(self.size or ()))
