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
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.transforms import Framing, ScaledImage, Size, resize
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

# How much the proportions of two images of one scene may differ; their resolutions may differ.
ASPECT_TOLERANCE = 0.02


class ScaledImages:
    """Reads images for the views of a framing. Those of which views show regions stay whole."""

    def __init__(self, framing: Framing, cache: ImageCache) -> None:
        self.framing, self.cache = framing, cache

    def read(self, image: ImagePage, variable: Variable, target: Size) -> ScaledImage:
        """An image of (channels, H, W), or a volume (channels, D, H, W).

        target: as of `Framing.scaled_size`.

        Raises:
            DataError: as `read_image`.
        """
        return self._cached(image, variable, target, halved=False)

    def read_pair(
        self, pair: tuple[ImagePage, ImagePage], variables: tuple[Variable, Variable], target: Size
    ) -> list[ScaledImage]:
        """Two images of one scene, of equal sizes; of a file given twice, its halves.

        Raises:
            DataError: as `read_image`; or they differ in proportions, or two volumes in depth.
        """
        if pair[0] == pair[1]:
            halves = self.read_halves(pair[0], variables[0], target)
            alike = variables[0] == variables[1]
            others = halves if alike else self.read_halves(pair[0], variables[1], target)
            return [halves[0], others[1]]
        files = pair[0].path, pair[1].path
        both = list(zip(pair, variables, strict=True))
        images = [self.read(image, variable, target) for image, variable in both]
        _check_depths(images, files)
        sizes = [_size_of(image) for image in images]
        if sizes[0] == sizes[1]:
            return images
        size = _common_size(sizes, files)
        resized = [resize(read_image(i.path, v, i.page), size, v.interpolation) for i, v in both]
        return [ScaledImage(tuple(image.shape), image) for image in resized]

    def read_halves(self, image: ImagePage, variable: Variable, target: Size) -> list[ScaledImage]:
        """The left half of an image and the right one; of an odd width, the last column is dropped.

        Raises:
            DataError: as `read_image`; or the image is one pixel wide.
        """
        both = self._cached(image, variable, target, halved=True)
        channels = both.shape[0] // 2
        shape = (channels, *both.shape[1:])
        return [ScaledImage(shape, pixels) for pixels in torch.split(both.pixels, channels)]

    def _cached(
        self, source: ImagePage, variable: Variable, target: Size, halved: bool
    ) -> ScaledImage:
        framing = self.framing.of(variable)
        size = target if framing.scale == "cover" else None
        # A type that is only recorded changes no pixel.
        reading = f"{replace(variable, dtype=None)} {framing.aspect} {size} {halved} {source.page}"
        key = self.cache.find(source.path, reading)
        cached = self.cache.load(key) if key else None
        image = _unfolded(cached, variable, 2 if halved else 1) if cached else None
        if image is None:
            image = self._read(source, variable, target, halved)
            whole = framing.scale == "native" and image.pixels.dtype == torch.uint8
            if key and (whole or framing.scaled_size(_size_of(image), target)):
                self.cache.store(key, _folded(image))
        if obstacle := framing.find_obstacle(_size_of(image), image.shape[1]):
            raise DataError(f"{shown(source.path)} cannot be used: {obstacle}")
        return image

    def _read(
        self, source: ImagePage, variable: Variable, target: Size, halved: bool
    ) -> ScaledImage:
        """An image, or its halves one after the other as channels (2 * channels, H, W // 2)."""
        framing, (path, page) = self.framing.of(variable), source
        if halved:
            image, _ = read_reduced(path, variable, lambda size: None, page)
            halves = _halves(image, path)
            scaled = [_scale(half, _size_of(half), variable, target, framing) for half in halves]
            shape = (2 * len(image), *halves[0].shape[1:])
            return ScaledImage(shape, torch.cat(scaled))
        image, size = read_reduced(
            path, variable, lambda size: framing.scaled_size(size, target), page
        )
        shape = (*image.shape[:-2], *size)
        return ScaledImage(shape, _scale(image, size, variable, target, framing))


def _scale(image: Tensor, size: Size, variable: Variable, target: Size, framing: Framing) -> Tensor:
    scaled = framing.scaled_size(size, target)
    return resize(image, scaled, variable.interpolation) if scaled else image


def _folded(image: ScaledImage) -> ScaledImage:
    """An image as it is cached, (channels, H, W); of a volume, slices are channels."""
    pixels = image.pixels.flatten(0, -3)
    return ScaledImage((len(pixels), *_size_of(image)), pixels)


def _unfolded(image: ScaledImage, variable: Variable, times: int) -> ScaledImage:
    """An image as it was before `_folded`, of `times` the variable's channels."""
    if variable.depth is None:
        return image
    pixels = image.pixels.view(times * variable.channels, -1, *image.pixels.shape[1:])
    return ScaledImage((*pixels.shape[:2], *_size_of(image)), pixels)


def _check_depths(images: Sequence[ScaledImage], files: tuple[Path, Path]) -> None:
    """Refuse two volumes of one scene that have other numbers of slices."""
    depths = [image.shape[1] for image in images if len(image.shape) == 4]
    if len(set(depths)) > 1:
        names = " and ".join(map(shown, files))
        raise DataError(f"{names} have {depths[0]} and {depths[1]} slices, and are of one scene")


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
