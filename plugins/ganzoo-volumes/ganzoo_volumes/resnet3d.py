"""A residual generator of volumes."""

from __future__ import annotations

from typing import ClassVar

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.same_size import same_size
from ganzoo.interfaces import Generator
from torch import Tensor, nn

SMALLEST = 4  # the deepest layers mirror one value on each side, of at least two


class ResNet3d(Generator):
    """The generator of Johnson et al. 2016 (arXiv:1603.08155), with convolutions in depth as well.

    Volumes (N, in_channels, D, H, W) become (N, out_channels, D, H, W) in [-1, 1], of any size.
    Convolutions mirror at the borders, norms are instance norms, and volumes are enlarged by
    transposed convolutions, as in CycleGAN.

    in_channels, out_channels: 1 for gray volumes.
    width: channels at full size; each halving doubles them.
    blocks: residual blocks at the smallest size.
    downsamplings: how often all three sides are halved.
    kernel: side of the first and the last convolution.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"
    per_sample = True

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 8,
        blocks: int = 2,
        downsamplings: int = 1,
        kernel: int = 3,
    ) -> None:
        super().__init__()
        _check(width, blocks, downsamplings, kernel)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.multiple = 2**downsamplings
        self.smallest = max(SMALLEST, 2 * self.multiple, kernel)
        widths = [width * 2**i for i in range(downsamplings + 1)]
        layers = _layer(mirrored(in_channels, width, kernel), width)
        for channels in widths[:-1]:
            layers += _layer(nn.Conv3d(channels, 2 * channels, 3, 2, 1), 2 * channels)
        layers += [ResidualBlock3d(widths[-1]) for _ in range(blocks)]
        for channels in reversed(widths[:-1]):
            enlarge = nn.ConvTranspose3d(2 * channels, channels, 3, 2, 1, output_padding=1)
            layers += _layer(enlarge, channels)
        layers += [mirrored(width, out_channels, kernel), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, volumes: Tensor) -> Tensor:
        """Translate volumes (N, in_channels, D, H, W)."""
        return same_size(self.model, volumes, self.multiple, self.smallest)


class ResidualBlock3d(nn.Module):
    """x + convolutions(x), with no ReLU after the sum (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_layer(mirrored(channels, channels, 3), channels),
            mirrored(channels, channels, 3),
            instance_norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, channels, D, H, W) in and out."""
        return x + self.body(x)  # type: ignore[no-any-return]


def mirrored(in_channels: int, out_channels: int, kernel: int) -> nn.Module:
    """A convolution that keeps the size of a volume, which is mirrored at its borders."""
    return nn.Conv3d(in_channels, out_channels, kernel, padding=kernel // 2, padding_mode="reflect")


def instance_norm(channels: int) -> nn.Module:
    """Ulyanov et al. 2016 (arXiv:1607.08022): a group norm of one channel a group is the same."""
    return nn.GroupNorm(channels, channels, affine=False)


def _layer(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [convolution, instance_norm(channels), nn.ReLU(inplace=True)]


def _check(width: int, blocks: int, downsamplings: int, kernel: int) -> None:
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    if min(blocks, downsamplings) < 0:
        raise ValueError("blocks and downsamplings must not be negative")
    check_halvings("downsamplings", downsamplings)
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel is {kernel}: it must be an odd number")
