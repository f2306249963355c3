"""From an image of any size to a sample of a given one: resize, crop, mirror."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ganzoo.components.data.resizing import Box as Box
from ganzoo.components.data.resizing import Size as Size
from ganzoo.components.data.resizing import covering as covering
from ganzoo.components.data.resizing import crop as crop
from ganzoo.components.data.resizing import resize as resize
from ganzoo.interfaces.levels import from_levels
from ganzoo.interfaces.variable import Aspect as Aspect
from ganzoo.interfaces.variable import Interpolation, Resolution, Variable

# A strip longer than this many crops is cut before it is enlarged: 1 x 1500 px would become 300 MB.
LONGEST = 4


def as_size(size: int | list[int], name: str = "size") -> Size:
    """A setting, one side of a square or [height, width], as (height, width).

    Raises:
        ValueError: it is neither.
    """
    sides = [size, size] if isinstance(size, int) else size
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"{name} must be a number of pixels or [height, width], not {size}")
    return sides[0], sides[1]


class ScaledImage(NamedTuple):
    """An image of which samples are cut, all of it resized already where every view does that.

    shape: (channels, H, W) of the image itself; of a volume, (channels, D, H, W).
    pixels: it, or the whole of it resized, though not in depth; in 0 ... 255.
    """

    shape: tuple[int, ...]
    pixels: Tensor


@dataclass(frozen=True)
class View:
    """The crop of an image that a sample shows.

    region: the box of the image that is used; all of it, except for very long strips.
    resized: the size that the region is resized to.
    window: the crop of the resized region.
    mirrored: left and right are swapped.
    slices: of a volume, the first slice and how many there are.
    """

    region: Box
    resized: Size
    window: Box
    mirrored: bool
    slices: tuple[int, int] | None = None

    def of(self, image: Tensor | ScaledImage, interpolation: Interpolation = "bicubic") -> Tensor:
        """The sample: (C, H, W) in 0 ... 255 to (C, h, w) in [-1, 1], float32.

        Of a volume (C, D, H, W) it is (C, d, h, w).
        """
        return from_levels(self._cut(image, interpolation))

    def levels_of(
        self, image: Tensor | ScaledImage, interpolation: Interpolation = "bicubic"
    ) -> Tensor:
        """As `of`, but an image of uint8 stays uint8 in 0 ... 255, for `returns_levels`."""
        sample = self._cut(image, interpolation)
        return from_levels(sample) if sample.is_floating_point() else sample

    def _cut(self, image: Tensor | ScaledImage, interpolation: Interpolation) -> Tensor:
        pixels = image.pixels if isinstance(image, ScaledImage) else image
        whole = pixels.shape == image.shape
        if self.slices is not None and pixels.dim() == 4:
            pixels = pixels.narrow(1, *self.slices)
        if whole:
            pixels = resize(crop(pixels, self.region), self.resized, interpolation)
        sample = crop(pixels, self.window)
        return (sample.flip(-1) if self.mirrored else sample).contiguous()


class Framing:
    """How samples are cut from images: the settings that all data from folders share.

    size: the sample's side, or [height, width].
    resize: what an image is resized to before the random crop, a side or [height, width]; a single
        number is the shorter side of that size, whose proportions are `size`'s. Default: `size`.
    flip: mirror half of the training samples (p = 0.5).
    aspect: `keep` scales an image until it covers `resize`; `squash` gives it exactly that size,
        as Zhu et al. 2017 (arXiv:1703.10593) did: 286, then a random crop of 256.
    depth: of volumes, how many slices a sample has; they are cut out, and never resized.
    scale: `native` cuts samples out of the image as it is, without resizing it.

    Raises:
        ValueError: a size that is not one or two positive numbers, or `resize` below `size`.
    """

    def __init__(
        self,
        size: int | list[int] = 256,
        resize: int | list[int] | None = None,
        flip: bool = True,
        aspect: Aspect = "keep",
        depth: int | None = None,
        scale: Resolution = "cover",
    ) -> None:
        self.size = as_size(size)
        self.resize = _resize(resize, self.size)
        self.flip = flip
        self.aspect = aspect
        self.depth = depth
        self.scale = scale

    def of(self, variable: Variable) -> Framing:
        """The framing of a variable's images, at its scale and of its depth."""
        framing = copy(self)
        framing.scale, framing.depth = variable.scale, variable.depth
        return framing

    def find_obstacle(self, size: Size, slices: int) -> str:
        """Why no sample can be cut from an image of (height, width); "" if one can.

        slices: how many of them a volume has.
        """
        if self.depth is not None and slices < self.depth:
            return f"it has {slices} slices, and a sample has data.depth = {self.depth}"
        if self.scale == "cover" or (size[0] >= self.size[0] and size[1] >= self.size[1]):
            return ""
        return (
            f"it is {size[1]} x {size[0]} px, smaller than a crop of {self.size[1]} x "
            f'{self.size[0]} px; take a smaller data.size, or scale = "cover", which enlarges it'
        )

    def random_view(self, image: Tensor | ScaledImage, rng: np.random.Generator) -> View:
        """A view of an image (C, H, W) for training."""
        mirrored = self.flip and rng.random() < 0.5
        return self._view(image, self.resize, mirrored, lambda slack: int(rng.integers(slack + 1)))

    def centre_view(self, image: Tensor | ScaledImage) -> View:
        """The one view of (C, H, W) for testing: as much as `size` can show, never mirrored."""
        return self._view(image, self.size, False, lambda slack: slack // 2)

    def scaled_size(self, source: Size, target: Size) -> Size | None:
        """The size to which all views resize the whole of an image; None where none does that.

        target: `resize` for views for training, `size` for those for testing.
        """
        region, resized = self._scaled(source, target)
        return resized if region == source and self.scale == "cover" else None

    def _scaled(self, source: Size, target: Size) -> tuple[Size, Size]:
        """The size of the region that is used, and what it is resized to."""
        if self.scale == "native":
            return source, source
        if self.aspect == "squash":
            return source, target
        region = _shortened(source, target)
        return region, covering(region, target)

    def _view(
        self,
        image: Tensor | ScaledImage,
        target: Size,
        mirrored: bool,
        place: Callable[[int], int],
    ) -> View:
        source = image.shape[-2], image.shape[-1]
        region, resized = self._scaled(source, target)
        used, window = _placed(region, source, place), _placed(self.size, resized, place)
        return View(used, resized, window, mirrored, self._place_slices(image.shape, place))

    def _place_slices(
        self, shape: Sequence[int], place: Callable[[int], int]
    ) -> tuple[int, int] | None:
        if self.depth is None or len(shape) != 4:
            return None
        return place(shape[1] - self.depth), self.depth


def _resize(resize: int | list[int] | None, size: Size) -> Size:
    if resize is None:
        return size
    wanted = as_size(resize, "resize")
    if isinstance(resize, int):
        wanted = covering(size, wanted)
    if wanted[0] < size[0] or wanted[1] < size[1]:
        raise ValueError(f"resize must be at least size: {wanted} does not cover {size}")
    return wanted


def _shortened(source: Size, target: Size) -> Size:
    """The size of the region of a strip that is at most LONGEST targets long."""
    scale = max(target[0] / source[0], target[1] / source[1])
    height, width = (math.ceil(LONGEST * side / scale) for side in target)
    return min(source[0], height), min(source[1], width)


def _placed(size: Size, frame: Size, place: Callable[[int], int]) -> Box:
    return place(frame[0] - size[0]), place(frame[1] - size[1]), size[0], size[1]
