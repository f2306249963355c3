"""A generator that changes colours and nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.networks.input_skip import (
    add_to_input,
    check_same_channels,
    start_at_zero,
)
from ganzoo.components.networks.norms import make_norm
from ganzoo.interfaces import Generator


class Recolour(Generator):
    """Each pixel's new colour, from its own colour and how that stands in the whole image.

    Convolutions of 1 x 1, as He et al. 2020 (arXiv:2009.10390) retouch photos: pixels of one image
    that have one colour keep one colour (up to rounding), so no content can be added. The image as
    a whole enters through each channel's mean and standard deviation, by which every layer also
    sees its input normalised: those of colours are what Reinhard et al. 2001
    (doi:10.1109/38.946629) transfer. It starts as a copy of its input. Images
    (N, in_channels, H, W) of any size become images of the same shape in [-1, 1].

    in_channels: channels of the images.
    out_channels: the same number, as what is computed is added to the image.
    width: channels between the convolutions.
    layers: how many convolutions.

    Raises:
        ValueError: out_channels differs from in_channels, or a setting is out of range.
    """

    per_sample = True
    default_init: ClassVar[str | None] = "kaiming"
    multiple = 1

    def __init__(
        self, in_channels: int = 3, out_channels: int = 3, width: int = 32, layers: int = 3
    ) -> None:
        super().__init__()
        if min(width, layers) < 1:
            raise ValueError(f"width is {width} and layers {layers}: each must be at least 1")
        check_same_channels(in_channels, out_channels)
        self.in_channels, self.out_channels = in_channels, out_channels
        widths = [in_channels, *[width] * (layers - 1)]
        hidden = [_Relative(a, b) for a, b in pairwise(widths)]
        between = [each for layer in hidden for each in (layer, nn.LeakyReLU(0.2, inplace=True))]
        last = _Relative(widths[-1], out_channels)
        start_at_zero(last.convolution)
        self.model = nn.Sequential(*between, last, nn.Tanh())

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) to images (N, out_channels, H, W) in other colours."""
        return add_to_input(images, self.model(images))


class _Relative(nn.Module):
    """A convolution of 1 x 1, of features and of the same without their mean and deviation."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm = make_norm("instance", in_channels)
        self.convolution = nn.Conv2d(2 * in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.convolution(torch.cat([x, self.norm(x)], 1))  # type: ignore[no-any-return]
