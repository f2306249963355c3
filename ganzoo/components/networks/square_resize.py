"""How images are resized to the square that a network of features takes."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

ResizeMode = Literal["clean", "tensorflow", "pytorch"]
MODES: tuple[ResizeMode, ...] = ("clean", "tensorflow", "pytorch")


def resize_to_square(
    images: Tensor, size: int, mode: ResizeMode, limits: tuple[float, float]
) -> Tensor:
    """Images (N, C, H, W) of values within `limits` as (N, C, size, size), not rounded.

    mode: "clean", bicubic and antialiased, as Pillow and clean-fid do it (Parmar et al. 2022,
        arXiv:2104.11222);
        "tensorflow", bilinear without antialiasing, from the pixels' corners: that of TensorFlow 1,
        which most published FIDs and torch-fidelity use; clean-fid calls it "legacy_tensorflow";
        "pytorch", bilinear without antialiasing, from the pixels' centres: that of pytorch-fid;
        clean-fid calls it "legacy_pytorch".
    """
    square = (size, size)
    if mode == "tensorflow":
        return _from_corners(_from_corners(images, size).mT, size).mT
    if mode == "pytorch":
        return interpolate(images, square, mode="bilinear", align_corners=False)
    return interpolate(images, square, mode="bicubic", antialias=True).clamp(*limits)


def _from_corners(images: Tensor, size: int) -> Tensor:
    """Rows of W values (..., W) as rows of `size`: value i lies at i W / size in its row."""
    width = images.shape[-1]
    places = torch.arange(size, dtype=images.dtype, device=images.device)
    places = places * torch.tensor(width / size, dtype=torch.float32)
    before = places.long()
    after = (before + 1).clamp_max(width - 1)
    left, right = images[..., before], images[..., after]
    return left + (right - left) * (places - before)
