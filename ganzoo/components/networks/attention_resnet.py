"""A residual generator that says where it changes the image (arXiv:1911.11897)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.components.networks.norms import is_per_sample, make_norm
from ganzoo.components.networks.padding import make_padding
from ganzoo.components.networks.same_size import same_size
from ganzoo.components.networks.separable import SeparableConv2d
from ganzoo.interfaces import Generator

Border = Literal["reflect", "zero"]


class AttentionResNet(Generator):
    """Several images, blended with the input by learnt masks, pixel by pixel.

    As in Tang et al. 2019 (arXiv:1911.11897), scheme II; weights have the names of joliGEN's code,
    so its checkpoints load. Images (N, in_channels, H, W) of any size become images
    (N, out_channels, H, W) in [-1, 1].

    in_channels: channels of the input.
    out_channels: channels of the output, or 1 less masks of the input where in_channels is other.
    width: channels of the first layer; two downsamplings double them.
    blocks: residual blocks in the middle.
    masks: how many masks share each pixel; they sum to 1.
    input_masks: how many of them show the input as it is; the others an image of their own each.
    padding: how convolutions continue the image beyond its border.
    separable: whether the blocks' convolutions are depthwise separable (Howard et al. 2017,
        arXiv:1704.04861), as in joliGEN's mobile generators.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        masks: int = 10,
        input_masks: int = 1,
        padding: Border = "reflect",
        separable: bool = False,
    ) -> None:
        super().__init__()
        _check(width, blocks, masks, input_masks)
        if input_masks and in_channels not in (1, out_channels):
            raise ValueError("masks of the input need in_channels = out_channels, or 1")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.images = masks - input_masks
        self.border, deep = make_padding(padding, 3), 4 * width
        self.conv1 = nn.Conv2d(in_channels, width, 7)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(2 * width, deep, 3, stride=2, padding=1)
        self.resnet_blocks = nn.Sequential(
            *(AttentionBlock(deep, padding, separable) for _ in range(blocks))
        )
        enlarge = partial(nn.ConvTranspose2d, kernel_size=3, stride=2, padding=1, output_padding=1)
        self.deconv1_content = enlarge(deep, 2 * width)
        self.deconv2_content = enlarge(2 * width, width)
        self.deconv3_content = nn.Conv2d(width, out_channels * self.images, 7)
        self.deconv1_attention = enlarge(deep, 2 * width)
        self.deconv2_attention = enlarge(2 * width, width)
        self.deconv3_attention = nn.Conv2d(width, masks, 1)
        self.wide, self.wider, self.deep = (make_norm("instance", width * n) for n in (1, 2, 4))
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor) -> Tensor:
        """Translate images (N, in_channels, H, W)."""
        return same_size(self._translate, images, 4, 8)

    def _translate(self, images: Tensor) -> Tensor:
        x = self.wide(self.conv1(self.border(images))).relu()
        x = self.wider(self.conv2(x)).relu()
        x = self.resnet_blocks(self.deep(self.conv3(x)).relu())
        content = self.wider(self.deconv1_content(x)).relu()
        content = self.wide(self.deconv2_content(content)).relu()
        content = self.deconv3_content(self.border(content)).tanh()
        masks = self.wider(self.deconv1_attention(x)).relu()
        masks = self.wide(self.deconv2_attention(masks)).relu()
        masks = self.deconv3_attention(masks).softmax(1)
        return self._blend(images, content, masks)

    def _blend(self, images: Tensor, content: Tensor, masks: Tensor) -> Tensor:
        """The sum of all images and of the input, each times its mask."""
        drawn = torch.stack(content.chunk(self.images, 1), 1)
        blended = torch.sum(drawn * masks[:, : self.images, None], 1)
        return blended + images * masks[:, self.images :].sum(1, keepdim=True)


class AttentionBlock(nn.Module):
    """x + convolutions(x), with instance norm."""

    def __init__(self, channels: int, padding: Border, separable: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = (_inner(channels, padding, separable) for _ in range(2))
        self.norm = make_norm("instance", channels)

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, channels, H, W) in and out."""
        inside = functional.relu(self.norm(self.conv1(x)))
        return x + self.norm(self.conv2(inside))  # type: ignore[no-any-return]


def _inner(channels: int, padding: Border, separable: bool) -> nn.Module:
    mode: Literal["zeros", "reflect"] = "reflect" if padding == "reflect" else "zeros"
    if separable:
        return SeparableConv2d(channels, padding=1, padding_mode=mode)
    return nn.Conv2d(channels, channels, 3, padding=1, padding_mode=mode)


def _check(width: int, blocks: int, masks: int, input_masks: int) -> None:
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    if blocks < 0:
        raise ValueError(f"blocks is {blocks}: it must not be negative")
    if not 0 <= input_masks < masks:
        raise ValueError(f"input_masks is {input_masks}: it must be less than masks, {masks}")
