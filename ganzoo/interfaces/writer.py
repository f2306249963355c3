"""The contract of a writer of image files.

A writer is registered with the suffixes of its files: `register("writer", "png",
"mine.png:PngWriter", summary="...", suffixes=(".png",))`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Literal

from ganzoo.interfaces.reader import Values

DType = Literal["uint8", "uint16", "int16", "float32"]


@dataclass(frozen=True)
class ImageForm:
    """What an image file is to hold, known before anything is computed.

    size: (height, width).
    channels: how many; 1 is gray and 3 is RGB.
    dtype: the type of the values.
    pages: how many images of that size it holds: the pages of a stack, or the slices of a volume.
    profile: an ICC profile that the values are of; b"" for sRGB, or for no colours.
    exif: the EXIF block of the image that it was made from, without its orientation.
    dpi: pixels an inch, horizontally and vertically.
    """

    size: tuple[int, int]
    channels: int
    dtype: DType
    pages: int = 1
    profile: bytes = b""
    exif: bytes = b""
    dpi: tuple[float, float] | None = None


class Writer(ABC):
    """Writes image files of one format."""

    @abstractmethod
    def find_obstacle(self, form: ImageForm) -> str:
        """Why the format cannot hold such an image, to follow "a PNG "; "" if it can."""

    @abstractmethod
    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write an image.

        strips: its values (h, W, channels) of the form's type, from top to bottom and page after
            page. A large image comes in many strips, so that it need never stand in memory.

        Raises:
            OSError: the file cannot be written.
        """
