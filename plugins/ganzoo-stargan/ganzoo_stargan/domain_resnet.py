"""One generator for all domains: it sees the image and, beside every pixel, the domain to draw."""

from __future__ import annotations

import torch
from ganzoo.components.networks.few_channels import FewChannelConv2d
from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.components.networks.padding import Padding, make_padding
from ganzoo.components.networks.resnet import ResidualBlock
from ganzoo.components.networks.same_size import same_size
from ganzoo.interfaces import Generator
from torch import Tensor, nn


class DomainResNet(Generator):
    """`G(x, c)`: image x as it would be in domain c (Choi et al. 2018, arXiv:1711.09020, sec. 3).

    As in their table 4: c7s1-64, d128, d256, R256 x 6, u128, u64, c7s1-3, tanh, convolutions of
    4 x 4 where the image is halved or doubled. Images (N, in_channels, H, W) of any size and labels
    (N,) become images (N, out_channels, H, W) in [-1, 1]. The label stands beside every pixel in
    one-hot form, as `classes` further channels.

    The first convolution has no norm here: instance norm takes off what a plane of one value adds,
    so behind it G would know the label by its border alone, and with reflection not at all.

    in_channels: channels of the image, without those of the label.
    out_channels: channels of the output.
    classes: how many domains there are.
    width: channels of the first layer; each halving of the image doubles them.
    blocks: residual blocks in the middle.
    downsamplings: how often the image is halved before the blocks.
    kernel: the side of the first and the last convolution, an odd number of pixels.
    padding: how the convolutions of stride 1 see beyond the border.
    norm: the normalisation after every convolution but the first and the last.

    Raises:
        ValueError: a setting is out of range.
    """

    classes: int

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        classes: int = 4,
        width: int = 64,
        blocks: int = 6,
        downsamplings: int = 2,
        kernel: int = 7,
        padding: Padding = "reflect",
        norm: Norm = "instance",
    ) -> None:
        super().__init__()
        _check(classes, width, blocks, downsamplings, kernel)
        self.in_channels, self.out_channels, self.classes = in_channels, out_channels, classes
        check_halvings("downsamplings", downsamplings)
        self.multiple = 2**downsamplings
        self.smallest = max(kernel // 2 + 1, 2 * self.multiple)
        widths = [width * 2**i for i in range(downsamplings + 1)]
        first = nn.Conv2d(in_channels + classes, width, kernel)
        margin = make_padding(padding, kernel // 2)
        layers: list[nn.Module] = [margin, first, nn.ReLU(inplace=True)]
        for channels in widths[:-1]:
            layers += _down(channels, norm)
        layers += [ResidualBlock(widths[-1], padding, norm, 0.0) for _ in range(blocks)]
        for channels in reversed(widths[:-1]):
            layers += _up(channels, norm)
        layers += [margin, FewChannelConv2d(width, out_channels, kernel), nn.Tanh()]
        self.model = nn.Sequential(*layers)
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) as they would be in the domains `labels` (N,)."""
        # Reflection needs 2 px inside a block, and one more than the outer convolutions reach.
        beside = self._beside(images, labels)
        return same_size(self.model, beside, self.multiple, self.smallest)

    def _beside(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images with a channel for each domain, 1 in that of the label and 0 in the others."""
        ones = torch.eye(self.classes, dtype=images.dtype, device=images.device)[labels]
        planes = ones[:, :, None, None].expand(-1, -1, *images.shape[-2:])
        return torch.cat([images, planes], 1)


def _down(channels: int, norm: Norm) -> list[nn.Module]:
    """Half the size, twice the channels."""
    halve = nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=needs_bias(norm))
    return [halve, make_norm(norm, 2 * channels), nn.ReLU(inplace=True)]


def _up(channels: int, norm: Norm) -> list[nn.Module]:
    """Twice the size, half the channels."""
    double = nn.ConvTranspose2d(2 * channels, channels, 4, 2, 1, bias=needs_bias(norm))
    return [double, make_norm(norm, channels), nn.ReLU(inplace=True)]


def _check(classes: int, width: int, blocks: int, downsamplings: int, kernel: int) -> None:
    if min(classes, width) < 1:
        raise ValueError(f"classes is {classes} and width {width}: they must be at least 1")
    if min(blocks, downsamplings) < 0:
        raise ValueError("blocks and downsamplings must not be negative")
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel is {kernel}: it must be an odd number")
