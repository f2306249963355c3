"""One generator for all domains: it sees the image and, beside every pixel, the domain to draw."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.interfaces import Generator
from ganzoo.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.networks.resnet import Padding, ResidualBlock, make_padding
from ganzoo.networks.same_size import same_size

HALVINGS = 2


class DomainResNet(Generator):
    """`G(x, c)`: an image x as it would be in domain c (Choi et al. 2018, arXiv:1711.09020, sec. 3).

    As in their table 4: c7s1-64, d128, d256, R256 x 6, u128, u64, c7s1-3, tanh, convolutions of
    4 x 4 where the image is halved or doubled. Images (N, in_channels, H, W) of any size and labels
    (N,) become images (N, out_channels, H, W) in [-1, 1]. The label stands beside every pixel in
    one-hot form, as `classes` further channels.

    The first convolution has no norm here: instance norm takes off what a plane of one value adds,
    so behind it G would know the label only by what the padding does at the border.

    in_channels: channels of the image, without those of the label.
    out_channels: channels of the output.
    classes: how many domains there are.
    width: channels of the first layer; each halving of the image doubles them.
    blocks: residual blocks in the middle.
    padding: how the convolutions of stride 1 see beyond the border.
    norm: the normalisation after every convolution but the first and the last.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        classes: int = 4,
        width: int = 64,
        blocks: int = 6,
        padding: Padding = "reflect",
        norm: Norm = "instance",
    ) -> None:
        super().__init__()
        if min(width, classes) < 1 or blocks < 0:
            raise ValueError(
                f"width is {width}, classes {classes} and blocks {blocks}: they must be at least "
                "1, 1 and 0"
            )
        self.in_channels, self.out_channels, self.classes = in_channels, out_channels, classes
        widths = [width * 2**i for i in range(HALVINGS + 1)]
        first = nn.Conv2d(in_channels + classes, width, 7)
        layers: list[nn.Module] = [make_padding(padding, 3), first, nn.ReLU(inplace=True)]
        for channels in widths[:-1]:
            halve = nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=needs_bias(norm))
            layers += [halve, make_norm(norm, 2 * channels), nn.ReLU(inplace=True)]
        layers += [ResidualBlock(widths[-1], padding, norm, 0.0) for _ in range(blocks)]
        for channels in reversed(widths[:-1]):
            double = nn.ConvTranspose2d(2 * channels, channels, 4, 2, 1, bias=needs_bias(norm))
            layers += [double, make_norm(norm, channels), nn.ReLU(inplace=True)]
        layers += [make_padding(padding, 3), nn.Conv2d(width, out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) as they would be in the domains `labels` (N,)."""
        multiple = 2**HALVINGS
        # Reflection needs 2 px inside a block and 4 px under the 7 x 7 convolutions.
        return same_size(self.model, self._beside(images, labels), multiple, 2 * multiple)

    def _beside(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images with a channel for each domain, 1 in that of the label and 0 in the others."""
        ones = torch.eye(self.classes, dtype=images.dtype, device=images.device)[labels]
        planes = ones[:, :, None, None].expand(-1, -1, *images.shape[-2:])
        return torch.cat([images, planes], 1)
