"""Images resized and cropped, as levels of 0 ... 255."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.interfaces.variable import Interpolation

Size = tuple[int, int]
"""(height, width)"""
Box = tuple[int, int, int, int]
"""(top, left, height, width)"""


def resize(image: Tensor, size: Size, interpolation: Interpolation = "bicubic") -> Tensor:
    """(C, H, W) in 0 ... 255 to (C, *size), or (C, D, H, W) to (C, D, *size); the type stays.

    `bicubic` is antialiased. `nearest` takes the pixel under the centre of each new one, so that
    there are no new values.
    """
    if tuple(image.shape[-2:]) == size:
        return image
    if interpolation == "nearest":
        rows, columns = map(_under_centres, image.shape[-2:], size)
        return image[..., rows, :][..., columns]
    planes = image.flatten(0, -3)[None]
    resized = functional.interpolate(planes, size, mode="bicubic", antialias=True)
    resized = resized.view(*image.shape[:-2], *size)
    return resized.clamp(0, 255) if resized.is_floating_point() else resized


def crop(image: Tensor, box: Box) -> Tensor:
    """The region of an image (C, H, W), or of each slice of a volume (C, D, H, W), in a box."""
    top, left, height, width = box
    return image[..., top : top + height, left : left + width]


def covering(source: Size, target: Size) -> Size:
    """The smallest size of the source's proportions that covers the target."""
    scale = max(target[0] / source[0], target[1] / source[1])
    return max(target[0], round(source[0] * scale)), max(target[1], round(source[1] * scale))


def _under_centres(source: int, target: int) -> Tensor:
    """The indices of those of `source` pixels under the centres of `target` pixels, exactly."""
    return ((2 * torch.arange(target) + 1) * source).div(2 * target, rounding_mode="floor")
