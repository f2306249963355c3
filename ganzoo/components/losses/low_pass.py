"""Images that may differ in texture, but not in what is larger."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.components.losses.plain import check_shapes
from ganzoo.interfaces import Loss


class LowPass(Loss):
    """The mean absolute difference after a Gaussian blur: E‖B(prediction) - B(target)‖₁.

    A blur averages texture away and leaves shapes and colours. With `G(x)` and `x`, a generator may
    change texture and nothing larger, and needs neither a cycle nor a second generator for that. Of
    white noise of deviation s about s / (2 sigma √π) remains: 0.09 s for sigma = 3.

    sigma: the blur's standard deviation in pixels; frequencies above about 1 / (2 π sigma) cycles a
        pixel are free.

    Raises:
        ValueError: sigma is not positive.
    """

    notation: ClassVar[str] = "‖B * {prediction} - B * {target}‖₁"
    kernel: Tensor

    def __init__(self, sigma: float = 3.0) -> None:
        super().__init__()
        if not 0 < sigma < math.inf:
            raise ValueError(f"sigma is {sigma}: it must be positive")
        self.sigma = sigma
        self.register_buffer("kernel", gaussian_kernel(sigma), persistent=False)

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss, for images (N, C, H, W) of one shape.

        Raises:
            ValueError: the shapes differ, or the images are smaller than the blur.
        """
        check_shapes(prediction, target)
        # A blur is linear, so one of the difference does for two.
        return blur(prediction - target, self.kernel).abs().mean()


def gaussian_kernel(sigma: float) -> Tensor:
    """A Gaussian's samples at -r ... r with r = ⌈3 sigma⌉, of the sum 1."""
    radius = math.ceil(3 * sigma)
    places = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-(places**2) / (2 * sigma**2))
    return kernel / kernel.sum()


def blur(images: Tensor, kernel: Tensor) -> Tensor:
    """Images (N, C, H, W) convolved with a kernel (2 r + 1) along both sides, mirrored outside.

    Raises:
        ValueError: a side has no more than r pixels, too few to mirror.
    """
    radius = len(kernel) // 2
    height, width = images.shape[-2:]
    if min(height, width) <= radius:
        raise ValueError(
            f"images of {height} x {width} px are too small for this blur, which needs "
            f"{radius + 1} px: choose larger images or a smaller sigma"
        )
    planes = images.reshape(-1, 1, height, width)
    padded = functional.pad(planes, (radius, radius, radius, radius), mode="reflect")
    rows = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
    return functional.conv2d(rows, kernel.view(1, 1, -1, 1)).view_as(images)
