"""Half and twice the size through a blur: no aliases (Zhang 2019, arXiv:1904.11486)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.components.networks.padding import ReflectionPad

DOWN, UP = (1.0, 2.0, 1.0), (1.0, 3.0, 3.0, 1.0)


class BlurDown(nn.Module):
    """Every second pixel of images (N, channels, H, W) blurred by 1-2-1: (N, channels, H/2, W/2).

    The blur is saved with the weights, as published codes do.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pad = ReflectionPad(1)
        self.register_buffer("filt", _blur(DOWN, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Features at half the size, rounded up."""
        return functional.conv2d(self.pad(x), self.filt, stride=2, groups=x.shape[1])


class BlurUp(nn.Module):
    """Zeros between the pixels of (N, channels, H, W), blurred by 1-3-3-1: (N, channels, 2H, 2W).

    The blur is saved with the weights, as published codes do.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pad = nn.ReplicationPad2d(1)
        self.register_buffer("filt", 4 * _blur(UP, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Features at twice the size."""
        padded, groups = self.pad(x), x.shape[1]
        return functional.conv_transpose2d(padded, self.filt, stride=2, padding=3, groups=groups)


def _blur(row: tuple[float, ...], channels: int) -> Tensor:
    """A kernel of sum 1 for each channel, (channels, 1, n, n)."""
    line = torch.tensor(row)
    square = torch.outer(line, line) / line.sum() ** 2
    return square.repeat(channels, 1, 1, 1)
