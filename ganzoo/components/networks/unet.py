"""The U-Net generator (Ronneberger et al. 2015, arXiv:1505.04597)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.input_skip import (
    SkipKind,
    add_to_input,
    has_skip,
    start_at_zero,
)
from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.components.networks.same_size import same_size
from ganzoo.interfaces import Generator


class UNet(Generator):
    """An encoder and a decoder with skips between layers of equal size.

    As in Isola et al. 2017, arXiv:1611.07004, appendix 6.1; weights have the names of the authors'
    PyTorch code, so its checkpoints load. Images (N, in_channels, H, W) of any size become images
    (N, out_channels, H, W) in [-1, 1].

    in_channels: channels of the input.
    out_channels: channels of the output.
    width: channels of the outermost layer; they double inwards, up to eight times.
    layers: how often the image is halved: 8 is the paper's U-Net for 256 px, 7 the one for 128 px.
    norm: the normalisation after every convolution but the first, the innermost and the last.
    dropout: the probability of dropping an activation in the decoder's `layers - 5` blocks next to
        the innermost (at least one); the paper keeps it on at test time, in place of input noise.
    skip: "input" adds what the network computes, at first nothing, to its input: it starts as a
        copy. For domains that are alike; it needs out_channels = in_channels.
    bias: whether the convolutions before a norm have a bias; left out, all but before batch norm.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        layers: int = 8,
        norm: Norm = "batch",
        dropout: float = 0.5,
        skip: SkipKind = "none",
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        _check(width, layers, dropout)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.multiple = 2**layers
        widths = [width * min(2**i, 8) for i in range(layers)]
        biased = needs_bias(norm, bias)
        block: nn.Module = Innermost(widths[-2], widths[-1], norm, biased)
        for depth in range(layers - 2, 0, -1):
            drop = dropout if depth >= min(4, layers - 2) else 0.0
            block = Between(widths[depth - 1], widths[depth], block, norm, biased, drop)
        self.model = Outermost(in_channels, out_channels, width, block, biased)
        self.skip = has_skip(skip, in_channels, out_channels)
        if self.skip:
            start_at_zero(self.model.model[-2])
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor) -> Tensor:
        """Translate images (N, in_channels, H, W)."""
        change = same_size(self.model, images, self.multiple, self.multiple)
        return add_to_input(images, change) if self.skip else change


class Outermost(nn.Module):
    """The first and the last convolution, around everything else; no skip."""

    def __init__(
        self, in_channels: int, out_channels: int, width: int, inside: nn.Module, bias: bool
    ) -> None:
        super().__init__()
        self.model = nn.Sequential(
            _halve(in_channels, width, bias),
            inside,
            nn.ReLU(inplace=True),
            _double(2 * width, out_channels, bias=True),
            nn.Tanh(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) to images (N, out_channels, H, W)."""
        return self.model(images)  # type: ignore[no-any-return]


class Skip(nn.Module):
    """A block whose input (N, C, H, W) goes around it: (N, 2C, H, W) comes out.

    The leaky ReLU works in place, so the skip is rectified too. That saves a copy, and makes no
    difference to the ReLU that follows.
    """

    model: nn.Sequential

    def forward(self, x: Tensor) -> Tensor:
        """The input, then the block's output, along channels."""
        return torch.cat([x, self.model(x)], 1)


class Between(Skip):
    """Half the size, the blocks inside, twice the size."""

    def __init__(
        self,
        outer: int,
        inner: int,
        inside: nn.Module,
        norm: Norm,
        bias: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.LeakyReLU(0.2, inplace=True),
            _halve(outer, inner, bias),
            make_norm(norm, inner),
            inside,
            nn.ReLU(inplace=True),
            _double(2 * inner, outer, bias),
            make_norm(norm, outer),
            *([nn.Dropout(dropout)] if dropout else []),
        )


class Innermost(Skip):
    """Half the size and back. There is no norm between, where a sample may be a single pixel."""

    def __init__(self, outer: int, inner: int, norm: Norm, bias: bool) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.LeakyReLU(0.2, inplace=True),
            _halve(outer, inner, bias),
            nn.ReLU(inplace=True),
            _double(inner, outer, bias),
            make_norm(norm, outer),
        )


def _halve(in_channels: int, out_channels: int, bias: bool) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=bias)


def _double(in_channels: int, out_channels: int, bias: bool) -> nn.Module:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=bias)


def _check(width: int, layers: int, dropout: float) -> None:
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    check_halvings("layers", layers)
    if layers < 3:
        raise ValueError(f"layers is {layers}: a U-Net has at least 3")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}: it must be at least 0 and less than 1")
