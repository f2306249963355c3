"""A convolution for each channel, then one across channels: a ninth of the products."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from ganzoo.components.networks.norms import make_norm


class SeparableConv2d(nn.Module):
    """A depthwise separable 3 x 3 convolution (Howard et al. 2017, arXiv:1704.04861).

    Instance norm stands between its halves. `padding` pixels are added on each side.
    """

    def __init__(
        self,
        channels: int,
        bias: bool = True,
        padding: int = 0,
        padding_mode: Literal["zeros", "reflect"] = "zeros",
    ) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(
                channels,
                channels,
                3,
                padding=padding,
                padding_mode=padding_mode,
                groups=channels,
                bias=bias,
            ),
            make_norm("instance", channels),
            nn.Conv2d(channels, channels, 1, bias=bias),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, channels, H, W), smaller by 2 - 2 padding."""
        return self.conv(x)  # type: ignore[no-any-return]
