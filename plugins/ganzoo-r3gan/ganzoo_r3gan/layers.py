"""The layers of both networks: residual blocks, resampling, bases of 4 x 4 px.

Config E of Huang, Gokaslan, Kuleshov, Tompkin 2024, arXiv:2501.05441, sec. 4.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

START = 4
SLOPE = 0.2
# Weights of this gain keep the variance through a LeakyReLU (He et al. 2015, arXiv:1502.01852).
GAIN = math.sqrt(2 / (1 + SLOPE**2))


def scaled(layer: nn.Module, gain: float = 1.0) -> nn.Module:
    """Let the layer's weights start as N(0, gain² / fan-in), its biases as 0."""
    weight, bias = layer.get_parameter("weight"), getattr(layer, "bias", None)
    nn.init.normal_(weight, 0.0, gain / math.sqrt(weight[0].numel()))
    if bias is not None:
        nn.init.zeros_(bias)
    return layer


def pointwise(in_channels: int, out_channels: int) -> nn.Module:
    """A 1 x 1 convolution without bias; nothing where the channels stay as many."""
    if in_channels == out_channels:
        return nn.Identity()
    return projection(in_channels, out_channels)


def projection(in_channels: int, out_channels: int) -> nn.Module:
    """A 1 x 1 convolution without bias."""
    return scaled(nn.Conv2d(in_channels, out_channels, 1, bias=False))


@dataclass(frozen=True)
class Plan:
    """The sizes that all residual blocks of a network share.

    widths: channels at 4 px, 8 px, ... up to the image.
    blocks: in each stage.
    expansion: how many times wider a block is inside.
    group_width: channels in a group of the 3 x 3 convolutions.

    Raises:
        ValueError: a number is less than 1, or groups do not divide a block's inner channels.
    """

    widths: tuple[int, ...]
    blocks: int
    expansion: int
    group_width: int

    def __post_init__(self) -> None:
        if not self.widths:
            raise ValueError("widths is empty: give the channels at 4 px, 8 px, ...")
        numbers = {"widths": min(self.widths), "blocks": self.blocks}
        numbers |= {"expansion": self.expansion, "group_width": self.group_width}
        for name, number in numbers.items():
            if number < 1:
                raise ValueError(f"{name} is {number}: it must be at least 1")
        for width in self.widths:
            if width * self.expansion % self.group_width:
                raise ValueError(
                    f"a block of {width} channels is {width * self.expansion} wide inside, which "
                    f"groups of group_width = {self.group_width} do not divide"
                )

    @property
    def size(self) -> int:
        """The image's side in pixels."""
        return START << (len(self.widths) - 1)

    def stage(self, width: int) -> nn.Module:
        """The residual blocks of one stage."""
        depth = self.blocks * len(self.widths)
        inner = width * self.expansion
        groups = inner // self.group_width
        blocks = [Block(width, inner, groups, depth) for _ in range(self.blocks)]
        return nn.Sequential(*blocks)


class Block(nn.Module):
    """x + f(x): 1 x 1 to `inner` channels, 3 x 3 in groups, 1 x 1 back; LeakyReLU between.

    There is no norm. So that the variance does not grow over `depth` blocks, f starts as 0: its
    last weights are 0, the others are scaled by depth^(-1 / (2 m - 2)) with m = 3 layers in f
    (Fixup: Zhang, Dauphin, Ma 2019, arXiv:1901.09321, sec. 3).

    width: channels of x.
    """

    def __init__(self, width: int, inner: int, groups: int, depth: int) -> None:
        super().__init__()
        gain = GAIN * depth ** (-1 / 4)
        last = nn.Conv2d(inner, width, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.residual = nn.Sequential(
            scaled(nn.Conv2d(width, inner, 1), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            scaled(nn.Conv2d(inner, inner, 3, padding=1, groups=groups), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            last,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) in and out."""
        return x + self.residual(x)  # type: ignore[no-any-return]


def _halvings(x: Tensor, times: int) -> tuple[Tensor, Tensor]:
    """The matrices for the rows and the columns of `times` the size of images (N, C, H, W)."""
    # Compiled code makes them itself: torch looks through a cache, and warns that it does.
    make = halving.__wrapped__ if torch.compiler.is_compiling() else halving
    rows, columns = (make(times * length, x.dtype, x.device) for length in x.shape[2:])
    return rows, columns


@functools.lru_cache(maxsize=32)
def halving(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A matrix (size, size / 2): a row filtered by [1, 3, 3, 1] / 8, every second place of it.

    The filter is [1, 2, 1] * [1, 1], with 0 beyond the row. As a matrix it is two products an
    image, also where a penalty differentiates twice; pooling and convolutions of single channels
    are slow there.
    """
    places = torch.arange(size, dtype=torch.float32, device=device)
    distances = (places[:, None] - places[: size // 2] * 2 - 0.5).abs()  # 0.5 or 1.5 in the filter
    return ((2 - distances).clamp(min=0) / 4).to(dtype)


class Downsample(nn.Module):
    """Half the size, by the transpose of bilinear interpolation, a quarter of it."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, 2 H, 2 W) to (N, C, H, W)."""
        rows, columns = _halvings(x, 1)
        return rows.mT @ (x @ columns)


class Upsample(nn.Module):
    """Twice the size, by bilinear interpolation."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, 2 H, 2 W)."""
        rows, columns = (2 * matrix for matrix in _halvings(x, 2))
        return rows @ x @ columns.mT


class FromVector(nn.Module):
    """Learned maps of 4 x 4 px, each times a number that is linear in a vector."""

    def __init__(self, length: int, channels: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, START, START))
        self.scales = scaled(nn.Linear(length, channels, bias=False))

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, length) to (N, channels, 4, 4)."""
        scales: Tensor = self.scales(vectors)
        return self.maps * scales[:, :, None, None]


class ToVector(nn.Module):
    """The counterpart: each channel's product with a learned map, summed, then a linear layer."""

    def __init__(self, channels: int, length: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, START, START) / START)
        self.linear = scaled(nn.Linear(channels, length, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, 4, 4) to (N, length)."""
        vectors: Tensor = self.linear((features * self.maps).sum((2, 3)))
        return vectors


def embedding(classes: int, length: int, gain: float = 1.0) -> nn.Embedding:
    """A vector for each class: a linear layer of the one-hot class, and so it starts."""
    layer = nn.Embedding(classes, length)
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(classes))
    return layer


def check_labels(labels: Tensor | None, classes: int | None, call: str) -> None:
    """Raise ValueError unless labels are given just where classes are set."""
    if classes and labels is None:
        raise ValueError(f"it is made for {classes} classes, and needs a label: {call}")
    if not classes and labels is not None:
        raise ValueError("it is given a class label, and takes none: set classes")


def check_counts(**counts: int | None) -> None:
    """Raise ValueError for a number less than 1; what is left out is None."""
    for name, count in counts.items():
        if count is not None and count < 1:
            raise ValueError(f"{name} is {count}: it must be at least 1")
