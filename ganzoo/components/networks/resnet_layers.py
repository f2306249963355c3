"""The layers of a residual generator, in the order and with the numbers of published codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from ganzoo.components.networks.blur import BlurDown, BlurUp
from ganzoo.components.networks.few_channels import FewChannelConv2d
from ganzoo.components.networks.norms import Norm, make_norm, needs_bias
from ganzoo.components.networks.padding import Padding, make_padding
from ganzoo.components.networks.separable import SeparableConv2d

Downsampling = Literal["strided", "blurred"]
Upsampling = Literal["transposed", "resize", "blurred"]


@dataclass(frozen=True)
class Layers:
    """Makes the layers of a network.

    norm: after every convolution but the last. padding: of convolutions of stride 1.
    bias: whether convolutions before a norm have one.
    """

    norm: Norm
    padding: Padding
    bias: bool

    def first(self, in_channels: int, width: int, kernel: int) -> list[nn.Module]:
        """c7s1-k: a 7x7 convolution, norm, ReLU."""
        convolution = nn.Conv2d(in_channels, width, kernel, bias=self.bias)
        return [make_padding(self.padding, kernel // 2), *self._with_norm(convolution, width)]

    def down(self, channels: int, downsampling: Downsampling) -> list[nn.Module]:
        """dk: half the size, twice the channels."""
        wider = 2 * channels
        stride = 2 if downsampling == "strided" else 1
        convolution = nn.Conv2d(channels, wider, 3, stride=stride, padding=1, bias=self.bias)
        layers = self._with_norm(convolution, wider)
        if downsampling == "strided":
            return layers
        if downsampling == "blurred":
            return [*layers, BlurDown(wider)]
        raise ValueError(f"there is no downsampling '{downsampling}': choose strided or blurred")

    def up(self, channels: int, upsampling: Upsampling) -> list[nn.Module]:
        """uk: twice the size, half the channels."""
        narrower = channels // 2
        if upsampling == "transposed":
            enlarge = nn.ConvTranspose2d(channels, narrower, 3, 2, 1, 1, bias=self.bias)
            return self._with_norm(enlarge, narrower)
        if upsampling == "resize":
            convolution = nn.Conv2d(channels, narrower, 3, bias=self.bias)
            resize = [nn.Upsample(scale_factor=2), make_padding(self.padding, 1)]
            return self._with_norm(nn.Sequential(*resize, convolution), narrower)
        if upsampling == "blurred":
            convolution = nn.Conv2d(channels, narrower, 3, padding=1, bias=self.bias)
            return [BlurUp(channels), *self._with_norm(convolution, narrower)]
        raise ValueError(
            f"there is no upsampling '{upsampling}': choose transposed, resize or blurred"
        )

    def last(self, width: int, out_channels: int, kernel: int) -> list[nn.Module]:
        """c7s1-3 without a norm, then tanh."""
        convolution = FewChannelConv2d(width, out_channels, kernel)
        return [make_padding(self.padding, kernel // 2), convolution, nn.Tanh()]

    def _with_norm(self, convolution: nn.Module, channels: int) -> list[nn.Module]:
        return [convolution, make_norm(self.norm, channels), nn.ReLU(inplace=True)]


class ResidualBlock(nn.Module):
    """x + convolutions(x), with no ReLU after the sum (He et al. 2015, arXiv:1512.03385)."""

    def __init__(
        self,
        channels: int,
        padding: Padding,
        norm: Norm,
        dropout: float,
        bias: bool | None = None,
        separable: bool = False,
    ) -> None:
        super().__init__()
        biased = needs_bias(norm, bias)
        self.conv_block = nn.Sequential(
            make_padding(padding, 1),
            _inner(channels, biased, separable),
            make_norm(norm, channels),
            nn.ReLU(inplace=True),
            *([nn.Dropout(dropout)] if dropout else []),
            make_padding(padding, 1),
            _inner(channels, biased, separable),
            make_norm(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, channels, H, W) in and out."""
        return x + self.conv_block(x)  # type: ignore[no-any-return]


def _inner(channels: int, bias: bool, separable: bool) -> nn.Module:
    if separable:
        return SeparableConv2d(channels, bias)
    return nn.Conv2d(channels, channels, 3, bias=bias)
