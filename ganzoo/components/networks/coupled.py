"""Pairs of networks that share layers (Liu, Tuzel 2016, arXiv:1606.07536)."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganzoo.components.networks.convolutional import halved_widths
from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.interfaces import Discriminator, Generator, head

SMALLEST = 4  # pixels at the end of a discriminator, and at the start of a generator


class CoupledGenerator(Generator):
    """Two generators on one latent: `G.x(z)` and `G.y(z)` share their first layers.

    The first layers decide what is in the two images, and the last ones how each domain draws it
    (Liu, Tuzel 2016, arXiv:1606.07536, sec. 3). Latents (N, in_channels) become images
    (N, out_channels, size, size) in [-1, 1], by transposed convolutions as in Radford et al. 2015,
    arXiv:1511.06434.

    in_channels: the length of the latent.
    out_channels: channels of each image.
    size: the side of the images in pixels, a power of two.
    width: channels before the last layer; they double inwards, up to eight times.
    shared: how many of the log2(size) - 1 layers the two have in common.
    norm: the normalisation after every layer but the last.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 128,
        out_channels: int = 3,
        size: int = 64,
        width: int = 32,
        shared: int = 3,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        _check(size, width, shared, in_channels, out_channels)
        self.in_channels, self.out_channels = in_channels, out_channels
        widths = halved_widths(size, width)[::-1]

        def layers() -> list[nn.Module]:
            between = pairwise(widths)
            return [
                _up(in_channels, widths[0], 1, norm),
                *(_up(before, after, 2, norm) for before, after in between),
                nn.Sequential(_transposed(width, out_channels, 2, bias=True), nn.Tanh()),
            ]

        self.shared = nn.Sequential(*layers()[:shared])
        self.to_x = nn.Sequential(*layers()[shared:])
        self.to_y = nn.Sequential(*layers()[shared:])
        self.per_sample = is_per_sample(self)

    @head
    def x(self, latents: Tensor) -> Tensor:
        """The image (N, out_channels, size, size) of the first domain."""
        return self.to_x(self._content(latents))  # type: ignore[no-any-return]

    @head
    def y(self, latents: Tensor) -> Tensor:
        """The image (N, out_channels, size, size) of the second domain, from the same latent."""
        return self.to_y(self._content(latents))  # type: ignore[no-any-return]

    def forward(self, latents: Tensor) -> Tensor:
        """Always refused: a wire must call a head.

        Raises:
            ValueError: always.
        """
        raise ValueError("this makes two images: call a head, as G.x(z) or G.y(z)")

    def _content(self, latents: Tensor) -> Tensor:
        if latents.dim() != 2 or latents.shape[1] != self.in_channels:
            shape = " x ".join(map(str, latents.shape))
            raise ValueError(f"this takes latents N x {self.in_channels}, not {shape}")
        return self.shared(latents[:, :, None, None])  # type: ignore[no-any-return]


class CoupledDiscriminator(Discriminator):
    """Two discriminators that share their last layers: `D.x(x)` and `D.y(y)`.

    The first layers read how a domain draws images, the last ones what is in them (Liu, Tuzel
    2016, arXiv:1606.07536, sec. 3). Images (N, in_channels, H, W) become logits (N, 1, h, w), one
    where they are size x size.

    in_channels: channels of each image.
    size: the side of the patch of one logit in pixels, a power of two.
    width: channels of the first layer; they double, up to eight times.
    shared: how many of the log2(size) - 1 layers the two share, the logit's included.
    norm: the normalisation after every convolution but the first and the last.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        size: int = 64,
        width: int = 32,
        shared: int = 3,
        norm: Norm = "instance",
    ) -> None:
        super().__init__()
        _check(size, width, shared, in_channels)
        self.in_channels, self.out_channels = in_channels, 1
        widths = halved_widths(size, width)

        def layers() -> list[nn.Module]:
            between = pairwise(widths)
            return [
                _down(in_channels, widths[0], "none"),
                *(_down(before, after, norm) for before, after in between),
                nn.Conv2d(widths[-1], 1, SMALLEST),
            ]

        own = len(widths) + 1 - shared
        self.from_x = nn.Sequential(*layers()[:own])
        self.from_y = nn.Sequential(*layers()[:own])
        self.shared = nn.Sequential(*layers()[own:])
        self.smallest = size
        self.per_sample = is_per_sample(self)

    @head
    def x(self, images: Tensor) -> Tensor:
        """Logits (N, 1, h, w) for images (N, in_channels, H, W) of the first domain."""
        return self._logits(self.from_x, images)

    @head
    def y(self, images: Tensor) -> Tensor:
        """Logits (N, 1, h, w) for images (N, in_channels, H, W) of the second domain."""
        return self._logits(self.from_y, images)

    def logits(self, images: Tensor) -> Tensor:
        """Always refused: a wire must call a head.

        Raises:
            ValueError: always.
        """
        raise ValueError("this is a discriminator for each of two domains: call a head, as D.x(x)")

    def _logits(self, own: nn.Module, images: Tensor) -> Tensor:
        if min(images.shape[-2:]) < self.smallest:
            shape = " x ".join(map(str, images.shape[-2:]))
            raise ValueError(f"images of {shape} px are too small: size is {self.smallest}")
        return self.shared(own(images))  # type: ignore[no-any-return]


def _check(size: int, width: int, shared: int, *channels: int) -> None:
    if size < 2 * SMALLEST or size & (size - 1):
        raise ValueError(f"size is {size}: it must be a power of two, at least {2 * SMALLEST}")
    if min(width, *channels) < 1:
        raise ValueError("width and channels must be at least 1")
    layers = size.bit_length() - 2
    if not 1 <= shared < layers:
        raise ValueError(
            f"shared is {shared}: of the {layers} layers for {size} px share 1 to {layers - 1}"
        )


def _up(in_channels: int, out_channels: int, stride: int, norm: Norm) -> nn.Module:
    return nn.Sequential(
        _transposed(in_channels, out_channels, stride, needs_bias(norm)),
        make_norm(norm, out_channels),
        nn.ReLU(inplace=True),
    )


def _transposed(in_channels: int, out_channels: int, stride: int, bias: bool) -> nn.Module:
    """Twice the size; or, with stride 1, from a single pixel to 4 x 4."""
    return nn.ConvTranspose2d(
        in_channels, out_channels, 4, stride, padding=1 if stride == 2 else 0, bias=bias
    )


def _down(in_channels: int, out_channels: int, norm: Norm) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 4, 2, 1, bias=needs_bias(norm)),
        make_norm(norm, out_channels),
        nn.LeakyReLU(0.2, inplace=True),
    )
