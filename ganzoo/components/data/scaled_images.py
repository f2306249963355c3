"""Image files as samples need them: decoded and resized once, and cached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.components.data.image_cache import ImageCache
from ganzoo.components.data.image_files import read_image, read_reduced
from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.transforms import Framing, ScaledImage, Size, resize
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

# How much the proportions of two images of one scene may differ; their resolutions may differ.
ASPECT_TOLERANCE = 0.02


class ScaledImages:
    """Reads images for the views of a framing. Those of which views show regions stay whole."""

    def __init__(self, framing: Framing, cache: ImageCache) -> None:
        self.framing, self.cache = framing, cache

    def read(self, path: Path, variable: Variable, target: Size) -> ScaledImage:
        """An image of (channels, H, W).

        target: as of `Framing.scaled_size`.

        Raises:
            DataError: as `read_image`.
        """
        return self._cached(path, variable, target, halved=False)

    def read_pair(
        self, files: tuple[Path, Path], variables: tuple[Variable, Variable], target: Size
    ) -> list[ScaledImage]:
        """Two images of one scene, of equal sizes; of a file given twice, its halves.

        Raises:
            DataError: as `read_image`; or they differ in proportions.
        """
        if files[0] == files[1]:
            halves = self.read_halves(files[0], variables[0], target)
            alike = variables[0] == variables[1]
            others = halves if alike else self.read_halves(files[0], variables[1], target)
            return [halves[0], others[1]]
        both = list(zip(files, variables, strict=True))
        images = [self.read(path, variable, target) for path, variable in both]
        sizes = [_size_of(image) for image in images]
        if sizes[0] == sizes[1]:
            return images
        size = _common_size(sizes, files)
        resized = [resize(read_image(path, v), size, v.interpolation) for path, v in both]
        return [ScaledImage(tuple(image.shape), image) for image in resized]

    def read_halves(self, path: Path, variable: Variable, target: Size) -> list[ScaledImage]:
        """The left half of an image and the right one; of an odd width, the last column is dropped.

        Raises:
            DataError: as `read_image`; or the image is one pixel wide.
        """
        both = self._cached(path, variable, target, halved=True)
        channels = both.shape[0] // 2
        shape = (channels, *both.shape[1:])
        return [ScaledImage(shape, pixels) for pixels in torch.split(both.pixels, channels)]

    def _cached(self, path: Path, variable: Variable, target: Size, halved: bool) -> ScaledImage:
        framing = self.framing.of(variable)
        # A type that is only recorded changes no pixel.
        reading = f"{replace(variable, dtype=None)} {framing.aspect} {target} {halved}"
        key = self.cache.find(path, reading)
        image = self.cache.load(key) if key else None
        if image is None:
            image = self._read(path, variable, target, halved)
            whole = framing.scale == "native" and image.pixels.dtype == torch.uint8
            if key and (whole or framing.scaled_size(_size_of(image), target)):
                self.cache.store(key, image)
        if obstacle := framing.find_obstacle(_size_of(image)):
            raise DataError(f"{shown(path)} cannot be used: {obstacle}")
        return image

    def _read(self, path: Path, variable: Variable, target: Size, halved: bool) -> ScaledImage:
        """An image, or its halves one after the other as channels (2 * channels, H, W // 2)."""
        framing = self.framing.of(variable)
        if halved:
            image, _ = read_reduced(path, variable, lambda size: None)
            halves = _halves(image, path)
            scaled = [_scale(half, _size_of(half), variable, target, framing) for half in halves]
            shape = (2 * len(image), *_size_of(halves[0]))
            return ScaledImage(shape, torch.cat(scaled))
        image, size = read_reduced(path, variable, lambda size: framing.scaled_size(size, target))
        return ScaledImage((len(image), *size), _scale(image, size, variable, target, framing))


def _scale(image: Tensor, size: Size, variable: Variable, target: Size, framing: Framing) -> Tensor:
    scaled = framing.scaled_size(size, target)
    return resize(image, scaled, variable.interpolation) if scaled else image


def _size_of(image: Tensor | ScaledImage) -> Size:
    return image.shape[-2], image.shape[-1]


def _halves(image: Tensor, path: Path) -> tuple[Tensor, Tensor]:
    half = image.shape[-1] // 2
    if half == 0:
        raise DataError(f"{shown(path)} is 1 pixel wide: not two images side by side")
    return image[..., :half], image[..., half : 2 * half]


def _common_size(sizes: Sequence[Size], files: tuple[Path, Path]) -> Size:
    """The larger one's size, where their proportions agree."""
    (height_x, width_x), (height_y, width_y) = sizes
    if abs(height_x * width_y - height_y * width_x) > ASPECT_TOLERANCE * height_x * width_y:
        raise DataError(
            f"{shown(files[0])} ({width_x} x {height_x}) and {shown(files[1])} "
            f"({width_y} x {height_y}) differ in proportions, so they cannot be one scene"
        )
    return max(sizes)
