"""Values and header of an image file of any format, before they become an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[Any]
Kind = Literal["gray", "rgb", "cmyk", "bands"]
"""The colours of the bands; `bands` are those of unknown colours."""


class Raw(NamedTuple):
    """Values (H, W, bands) as stored, and their opacity (H, W) in 0 ... 1, if there is one.

    orientation: instead of the header's, where only the end of the file holds it.
    """

    values: Values
    opacity: Values | None = None
    orientation: int = 1


@dataclass(frozen=True)
class Header:
    """What is known of a file before its pixels are read.

    size: (height, width) as stored.
    bands: how many bands of colour there are, without opacity and those that are left out.
    dtype: the type of the values.
    scale: the values of black and white, the ends of the type's range; None where that is
        unknown.
    inverted: the lowest value is white.
    premultiplied: colours are multiplied by their opacity already.
    profile: an ICC profile.
    orientation: as in EXIF; 1 is upright.
    pages: pages or frames, of which the first is read.
    left_out: what is not read or is ignored, in words.
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
        """Whether its values are levels of 8 bits already."""
        return self.dtype == "uint8" and self.scale == (0, 255)


class OpenedImage(NamedTuple):
    """An open file: its header, and a function that reads its values.

    reduce: tells the decoder that an image of (height, width) or more would do; whether it will
        decode fewer pixels. None for formats that cannot.
    """

    header: Header
    read: Callable[[], Raw]
    reduce: Callable[[tuple[int, int]], bool] | None = None


def shown_scale(scale: tuple[float, float]) -> str:
    """`0 ... 65535`, for messages."""
    return f"{scale[0]:g} ... {scale[1]:g}"


def key_opacity(values: Values, key: Any) -> Values | None:
    """The opacity (H, W) where one colour, `key`, is transparent; None without a key."""
    if key is None:
        return None
    shown: Values = (values != np.asarray(key, values.dtype).reshape(1, 1, -1)).any(-1)
    return shown.astype(np.float32)
