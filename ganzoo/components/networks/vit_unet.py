"""A U-Net around a vision transformer, which modulates its decoder (arXiv:2303.16280)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.norms import is_per_sample
from ganzoo.components.networks.pixel_transformer import PixelTransformer
from ganzoo.components.networks.same_size import same_size
from ganzoo.interfaces import Generator


class ViTUNet(Generator):
    """A U-Net whose innermost features pass through a transformer, pixel by pixel.

    Torbunov et al. 2023 (arXiv:2303.16280), sec. 3.1: extra tokens of the transformer modulate the
    convolutions of the decoder, as styles do (Karras et al. 2019, arXiv:1912.04958). Weights have
    the names of the authors' code (UVCGANv2), so its checkpoints load. Images (N, in_channels, H,
    W) of any size become images (N, out_channels, H, W) in [-1, 1]; inside, the network computes
    with [0, 1], as theirs. It learns positions at the size of training, so that is the best size.

    in_channels: channels of the input.
    out_channels: channels of the output; they must be as many.
    widths: channels of each level of the U-Net; each halves the image.
    features: the length of a token.
    heads: of attention; they divide `features`.
    blocks: of the transformer.
    hidden: the width of its feed-forward layers.
    embedding: how many sines tell a token its place.
    extra_tokens: beside those of pixels.
    kernel: of the convolutions that halve the image, 2 or 3.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        widths: tuple[int, ...] = (48, 96, 192, 384),
        features: int = 384,
        heads: int = 6,
        blocks: int = 12,
        hidden: int = 1536,
        embedding: int = 384,
        extra_tokens: int = 1,
        kernel: int = 2,
    ) -> None:
        super().__init__()
        if in_channels != out_channels:
            raise ValueError(f"in_channels = {in_channels} must be out_channels = {out_channels}")
        numbers = (*widths, features, heads, hidden, embedding, extra_tokens, in_channels)
        if not widths or min(numbers) < 1 or blocks < 0 or kernel not in (2, 3):
            raise ValueError("widths and all counts must be at least 1, kernel 2 or 3")
        check_halvings("the number of widths", len(widths))
        self.in_channels, self.out_channels = in_channels, out_channels
        self.multiple = 2 ** len(widths)
        inside: nn.Module = PixelTransformer(
            widths[-1], features, heads, blocks, hidden, embedding, extra_tokens
        )
        style = features * extra_tokens
        for outer, inner in reversed([*zip((widths[0], *widths), widths, strict=False)]):
            inside = ModulatedLevel(outer, inner, inside, style, kernel)
        self.net = nn.ModuleDict(
            {
                "layer_input": nn.Sequential(_convolution(in_channels, widths[0]), _leaky()),
                "modnet": inside,
                "layer_output": nn.Conv2d(widths[0], out_channels, 1),
            }
        )
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor) -> Tensor:
        """Translate images (N, in_channels, H, W)."""
        return same_size(self._translate, images, self.multiple, 2 * self.multiple)

    def _translate(self, images: Tensor) -> Tensor:
        x, _ = self.net["modnet"](self.net["layer_input"]((images + 1) / 2))
        return 2 * self.net["layer_output"](x).sigmoid() - 1  # type: ignore[no-any-return]


class ModulatedLevel(nn.Module):
    """A level of the U-Net: half the size, all that is inside, twice the size by its style.

    outer, inner: channels outside and inside. inside: returns features and a style (N, style).
    """

    def __init__(self, outer: int, inner: int, inside: nn.Module, style: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.ModuleDict(
            {
                "downsample": nn.Conv2d(inner, inner, kernel, stride=2, padding=kernel // 3),
                "block": nn.ModuleDict({"block": _encoder(outer, inner)}),
            }
        )
        self.inner_module = inside
        self.deconv = nn.ModuleDict(
            {
                "upsample": nn.Sequential(nn.Upsample(scale_factor=2), _convolution(inner, inner)),
                "block": ModulatedBlock(2 * inner, inner, outer, style),
            }
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, outer, H, W) and the style that came from inside."""
        skip = self.conv["block"]["block"](x)  # type: ignore[index]
        y, style = self.inner_module(self.conv["downsample"](skip))
        joined = torch.cat([self.deconv["upsample"](y), skip], 1)
        return self.deconv["block"](joined, style), style


class ModulatedBlock(nn.Module):
    """Two convolutions, each modulated by a style (arXiv:1912.04958, sec. 2.2)."""

    def __init__(self, channels: int, middle: int, out_channels: int, style: int) -> None:
        super().__init__()
        self.style_block1, self.style_block2 = (
            StyleScale(style, channels),
            StyleScale(style, middle),
        )
        self.conv_block1 = nn.ModuleDict({"conv": ModulatedConv2d(channels, middle)})
        self.conv_block2 = nn.ModuleDict({"conv": ModulatedConv2d(middle, out_channels)})
        self.activation = _leaky()

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Features (N, channels, H, W) to (N, out_channels, H, W)."""
        first, second = self.conv_block1["conv"], self.conv_block2["conv"]
        x = self.activation(first.modulated(x, self.style_block1(style)))  # type: ignore[operator]
        return self.activation(second.modulated(x, self.style_block2(style)))  # type: ignore


class ModulatedConv2d(nn.Conv2d):
    """A 3 x 3 convolution of channels that a style scales, brought back to one deviation."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__(channels, out_channels, 3, padding=1)

    def modulated(self, x: Tensor, scale: Tensor) -> Tensor:
        """Features (N, channels, H, W) by factors (N, channels)."""
        squares = self.weight.square().sum((2, 3))
        deviation = (scale.square() @ squares.T + 1e-6).rsqrt()
        return self(x * scale[:, :, None, None]) * deviation[:, :, None, None]  # type: ignore[no-any-return]


class StyleScale(nn.Module):
    """A factor for each channel, 1 at first: 1 + alpha (A style + b)."""

    def __init__(self, style: int, channels: int) -> None:
        super().__init__()
        self.affine_mod = nn.Linear(style, channels)
        self.re_alpha = nn.Parameter(torch.zeros(1))

    def forward(self, style: Tensor) -> Tensor:
        """Styles (N, style) become factors (N, channels)."""
        return 1 + self.re_alpha * self.affine_mod(style)  # type: ignore[no-any-return]


def _encoder(channels: int, inner: int) -> nn.Module:
    """Two convolutions; the numbers 0 and 3 are places of norms, which the paper left out."""
    first, second = _convolution(channels, inner), _convolution(inner, inner)
    return nn.Sequential(nn.Identity(), first, _leaky(), nn.Identity(), second, _leaky())


def _convolution(in_channels: int, out_channels: int) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


def _leaky() -> nn.Module:
    return nn.LeakyReLU()
