"""What a file says about its values, whatever its format, before they become an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[Any]
Kind = Literal["gray", "rgb", "cmyk", "bands"]
"""What the bands are; `bands` are some that the file gives no colours."""


class Raw(NamedTuple):
    """Values (H, W, bands) as stored, and their opacity (H, W) in 0 ... 1, if there is one.

    orientation: where only the file's end says it, instead of the header's.
    """

    values: Values
    opacity: Values | None = None
    orientation: int = 1


@dataclass(frozen=True)
class Header:
    """What is known before the pixels are read.

    size: (height, width) as stored.
    bands: how many there are of colour; opacity and what is left out are not counted.
    dtype: the type of the values.
    scale: the least and the greatest that the type can hold; None where nobody can tell what is
        black and what is white.
    inverted: the least value is white.
    premultiplied: colours are multiplied by their opacity already.
    profile: an ICC profile.
    orientation: as in EXIF; 1 is upright.
    pages: pages or frames, of which the first is read.
    left_out: what is not read or obeyed, in words.
    """

    size: tuple[int, int]
    kind: Kind
    bands: int
    dtype: str = "uint8"
    scale: tuple[float, float] | None = (0.0, 255.0)
    inverted: bool = False
    premultiplied: bool = False
    profile: bytes = b""
    orientation: int = 1
    pages: int = 1
    left_out: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it has 8 bits that are levels already."""
        return self.dtype == "uint8" and self.scale == (0, 255)


class OpenedImage(NamedTuple):
    """An opened file: its header, and how its pixels are read, which may tell its orientation."""

    header: Header
    read: Callable[[], Raw]


def shown_scale(scale: tuple[float, float]) -> str:
    """`0 ... 65535`, for messages."""
    return f"{scale[0]:g} ... {scale[1]:g}"


def keyed(values: Values, key: Any) -> Values | None:
    """The opacity (H, W) of values of which one colour is transparent; None where none is."""
    if key is None:
        return None
    shown: Values = (values != np.asarray(key, values.dtype).reshape(1, 1, -1)).any(-1)
    return shown.astype(np.float32)
