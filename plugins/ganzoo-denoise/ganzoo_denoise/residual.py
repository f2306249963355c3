from __future__ import annotations

import torch
from ganzoo.interfaces import Network
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

class Residual(Network):
    per_sample = True
    def __init__(self, in_channels: int = 3, brightness: bool = True) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = in_channels + brightness
        self.brightness = brightness
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", (row[:, None] * row).expand(in_channels, 1, 3, 3).clone(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        mean = conv2d(pad(images, (1, 1, 1, 1), mode="reflect"), self.kernel, groups=self.in_channels)
        residual = 3 * (images - mean)
        if not self.brightness:
            return residual
        gray = avg_pool2d(mean.mean(1, keepdim=True), 3, 1, 1, count_include_pad=False)
        return torch.cat([residual, gray], 1)
