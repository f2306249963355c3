"""Images in [-1, 1], as networks take them, and as levels of 0 ... 255, as files hold them.

Every conversion between the two stands here.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def from_levels(levels: Tensor) -> Tensor:
    """Levels of 0 ... 255, uint8 or float, as an image in [-1, 1], float32.

    It divides by 127.5, since multiplying by 1 / 127.5 would not be exact.
    """
    return levels / 127.5 - 1


def to_exact_levels(image: Tensor) -> Tensor:
    """An image in [-1, 1] as levels of 0 ... 255, float32, neither rounded nor clamped."""
    return (image.float() + 1) * 127.5


def to_levels(image: Tensor) -> Tensor:
    """An image in [-1, 1] as levels of 0 ... 255, uint8: clamped and rounded; NaN becomes 0."""
    levels = to_exact_levels(image.detach().nan_to_num(-1.0))
    return levels.round().clamp(0, 255).to(torch.uint8)


def from_pixels(pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels (H, W, C) of 0 ... 255 as an image (C, H, W) in [-1, 1]."""
    return from_levels(torch.from_numpy(pixels.transpose(2, 0, 1).copy()))


def to_pixels(image: Tensor) -> NDArray[np.uint8]:
    """An image (C, H, W) in [-1, 1] as pixels (H, W, C) of 0 ... 255; (H, W) where C is 1."""
    pixels: NDArray[np.uint8] = to_levels(image).cpu().permute(1, 2, 0).numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels
