"""What a discriminator of noise is shown."""

from __future__ import annotations

import torch
from ganzoo.interfaces import Network
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

# Smooth white noise of deviation 1 has 0.8 left after the blur is taken off; photos have far less.
GAIN = 3.0


class Residual(Network):
    """Three times what is left of an image after a blur of 3 x 3 px, and its local brightness.

    A discriminator of this looks at the noise more than at the scene. To the same end, GCBD (Chen,
    Chen, Chao, Yang 2018, CVPR) cuts noise out of smooth patches. Without the brightness, it
    cannot tell noise that depends on the signal (poisson, speckle) from noise that does not.

    Images (N, in_channels, H, W) in [-1, 1] become (N, in_channels + 1, H, W), the brightness last.

    in_channels: channels of the images.
    brightness: append the mean over all channels and 5 x 5 px; if not, there is one channel less.

    Raises:
        ValueError: in_channels is less than 1.
    """

    per_sample = True
    kernel: Tensor

    def __init__(self, in_channels: int = 3, brightness: bool = True) -> None:
        super().__init__()
        if in_channels < 1:
            raise ValueError(f"in_channels is {in_channels}: it must be at least 1")
        self.in_channels, self.out_channels = in_channels, in_channels + brightness
        self.brightness = brightness
        row = torch.tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(row, row).repeat(in_channels, 1, 1, 1)
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, in_channels, H, W), 2 px or more on a side, to (N, out_channels, H, W)."""
        padded = pad(images, (1, 1, 1, 1), mode="reflect")
        mean = conv2d(padded, self.kernel, groups=self.in_channels)
        residual = GAIN * (images - mean)
        if not self.brightness:
            return residual
        gray = avg_pool2d(mean.mean(1, keepdim=True), 3, 1, 1, count_include_pad=False)
        return torch.cat([residual, gray], 1)
