"""JPEG and WebP, encoded by Pillow in one piece."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any, ClassVar

from ganzoo.components.writers.pillow_saving import save_by_pillow
from ganzoo.components.writers.strips import find_colour_obstacle, find_size_obstacle
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm, Writer

# At this quality, a photo that is opened and saved again looks the same.
QUALITY = 95


class LossyWriter(Writer):
    """A lossy format of 8 bits.

    longest: the largest side of an image in pixels. name: Pillow's. settings: Pillow's.
    """

    lossy = True
    longest: ClassVar[int]
    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]]

    def find_obstacle(self, form: ImageForm) -> str:
        """Other channels than 1 or 3, more than 8 bits, several pages, or too many pixels."""
        if form.dtype != "uint8":
            return f"holds 8 bits a value, and these are {form.dtype}"
        return find_colour_obstacle(form) or find_size_obstacle(form, self.longest)

    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write it, with its profile, EXIF block and, where it can be held, resolution."""
        quality = form.quality or QUALITY
        save_by_pillow(file, self.name, form, strips, quality=quality, **self.settings)


class JpegWriter(LossyWriter):
    """JPEG: gray or RGB of 8 bits, colours at full resolution."""

    longest = 65_500  # libjpeg's
    name = "JPEG"
    settings: ClassVar[dict[str, Any]] = {"subsampling": 0}


class WebpWriter(LossyWriter):
    """WebP, lossy: RGB of 8 bits; gray is stored as RGB."""

    longest = 16_383
    name = "WEBP"
    settings: ClassVar[dict[str, Any]] = {}
