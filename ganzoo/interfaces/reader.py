"""The contract of a reader of image files: values and header of a file, before they are an image.

A reader is registered with the suffixes of its files: `register("reader", "heif",
"mine.heif:HeifReader", summary="...", suffixes=(".heic", ".heif"))`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[Any]
Box: TypeAlias = tuple[int, int, int, int]
"""(top, left, height, width)"""
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
    pages: pages, frames or slices of the size and type of the first.
    volume: pages are slices of one body, so that the first alone is no picture of it.
    spare: bands beside the colours of which the file does not say what they are; the values hold
        them behind the colours.
    left_out: what is not read or is ignored, in words that follow "has".
    samples: how many values a pixel has in the file, opacity and those left out among them; 0
        stands for `bands`.
    exif: the EXIF block as TIFF, without `Exif` before it; its orientation is the stored one.
    dpi: pixels an inch, horizontally and vertically.
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
    samples: int = 0
    volume: bool = False
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    spare: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether its values are levels of 8 bits already."""
        return self.dtype == "uint8" and self.scale == (0, 255)


class OpenedImage(NamedTuple):
    """An open file: its header, and functions that read its values.

    read: the values of a page, counted from 0.
    reduce: tells the decoder that an image of (height, width) or more would do; whether it will
        decode fewer pixels. None for formats that cannot.
    read_region: the values in a box of a page, as stored, without decoding much more than them.
        None for formats that cannot.
    """

    header: Header
    read: Callable[[int], Raw]
    reduce: Callable[[tuple[int, int]], bool] | None = None
    read_region: Callable[[Box, int], Raw] | None = None


class Reader(ABC):
    """Reads the image files of one format or several. Its constructor takes no arguments.

    Files come from anybody: nothing is unpickled, no other file is opened, and no memory is taken
    for more pixels than `check_values` of `ganzoo.components.data.image_opening` allows. A file of
    more pixels is opened only if regions of it can be read; to read it whole is refused then.
    """

    @abstractmethod
    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins with these bytes, at least 16 of them, is one of its own."""

    @abstractmethod
    def open(self, file: IO[bytes]) -> AbstractContextManager[OpenedImage]:
        """Open a file, which stands at its beginning; its pixels are read when they are asked for.

        Raises:
            ValueError: it cannot be read right; the message follows "cannot be read: ".
            Exception: whatever a library raises for a broken file.
        """


def shown_scale(scale: tuple[float, float]) -> str:
    """`0 ... 65535`, for messages."""
    return f"{scale[0]:g} ... {scale[1]:g}"


def key_opacity(values: Values, key: Any) -> Values | None:
    """The opacity (H, W) where one colour, `key`, is transparent; None without a key."""
    if key is None:
        return None
    shown: Values = (values != np.asarray(key, values.dtype).reshape(1, 1, -1)).any(-1)
    return shown.astype(np.float32)
