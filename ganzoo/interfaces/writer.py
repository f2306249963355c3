"""The contract of a writer of image files.

A writer is registered with the suffixes of its files, the usual one first: `register("writer",
"png", "mine.png:PngWriter", summary="...", suffixes=(".png",))`. Its name is what `--format` takes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, ClassVar, Literal

from ganzoo.interfaces.reader import Values

DType = Literal["uint8", "uint16", "int16", "float32"]


@dataclass(frozen=True)
class ImageForm:
    """What an image file is to hold, known before anything is computed.

    size: (height, width).
    channels: how many; 1 is gray and 3 is RGB, others are bands without colours.
    dtype: the type of the values.
    pages: how many images of that size it holds: the pages of a stack, or the slices of a volume.
    profile: an ICC profile that the values are of; b"" for sRGB, or for no colours.
    exif: the EXIF block of the image that it was made from, as TIFF: without `Exif` before it,
        without an orientation and a thumbnail.
    dpi: pixels an inch, horizontally and vertically.
    quality: 1 ... 100, for lossy formats; None is the format's usual one.
    """

    size: tuple[int, int]
    channels: int
    dtype: DType
    pages: int = 1
    profile: bytes = b""
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    quality: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its values: ([pages,] height, width[, channels]), without ones."""
        pages = () if self.pages == 1 else (self.pages,)
        return (*pages, *self.size, *(() if self.channels == 1 else (self.channels,)))


class Writer(ABC):
    """Writes image files of one format. Its constructor takes no arguments.

    lossy: whether values may be changed, by a quality.
    """

    lossy: ClassVar[bool] = False

    @abstractmethod
    def find_obstacle(self, form: ImageForm) -> str:
        """Why the format cannot hold such an image, to follow "PNG "; "" if it can."""

    @abstractmethod
    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write an image for which there is no obstacle.

        file: it can be sought in.
        strips: its values (h, W, channels) of the form's type, from top to bottom and page after
            page. A large image comes in many strips, so that it need never stand in memory.

        Raises:
            OSError: the file cannot be written.
        """
