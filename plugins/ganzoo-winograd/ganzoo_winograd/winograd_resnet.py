"""The core's residual generator, faster on a CPU."""

from __future__ import annotations

from ganzoo.components.networks.input_skip import SkipKind
from ganzoo.components.networks.norms import Norm
from ganzoo.components.networks.padding import Padding
from ganzoo.components.networks.resnet import ResNet, Upsampling
from ganzoo.components.networks.resnet_layers import Downsampling

from ganzoo_winograd.replacing import use_winograd


class WinogradResNet(ResNet):
    """`resnet` with the same settings and weights; 3 x 3 convolutions go by Winograd's algorithm.

    F(4 x 4, 3 x 3), as in Lavin, Gray 2015, arXiv:1509.09308. Padding is part of the convolution.
    In fp32 on a CPU with AVX2 or AVX-512; everywhere else (a GPU, bf16, torch.compile) torch's own
    convolutions do the same. Without a compiler at installation it is the core's `resnet`.
    Results differ from `resnet`'s by rounding. Checkpoints and weights of either fit the other.

    in_channels: channels of the input.
    out_channels: channels of the output.
    width: channels of the first layer; each downsampling doubles them.
    blocks: residual blocks in the middle.
    downsamplings: how often the image is halved before the blocks.
    upsampling: transposed convolutions, nearest-neighbour resize + convolution, or a blur before.
    padding: how the convolutions of stride 1 continue the image beyond its border.
    norm: the normalisation after every convolution but the last.
    dropout: the probability of dropping an activation inside a residual block.
    kernel: the side of the first and the last convolution, an odd number of pixels.
    checkpointing: whether to compute residual blocks again in the backward pass, to save memory.
    layers: which outputs the head `features` returns.
    skip: "input" adds what the network computes to its input, and starts as a copy of it.
    downsampling: convolutions of stride 2, or of stride 1 and a blur.
    block_padding: the padding inside the residual blocks, where it differs from the others'.
    bias: whether the convolutions before a norm have a bias; left out, all but before batch norm.
    separable: whether the blocks' convolutions are depthwise separable; these are not replaced.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        downsamplings: int = 2,
        upsampling: Upsampling = "transposed",
        padding: Padding = "reflect",
        norm: Norm = "instance",
        dropout: float = 0.0,
        kernel: int = 7,
        checkpointing: bool = False,
        layers: tuple[int, ...] = (),
        skip: SkipKind = "none",
        downsampling: Downsampling = "strided",
        block_padding: Padding | None = None,
        bias: bool | None = None,
        separable: bool = False,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            width,
            blocks,
            downsamplings,
            upsampling,
            padding,
            norm,
            dropout,
            kernel,
            checkpointing,
            layers,
            skip,
            downsampling,
            block_padding,
            bias,
            separable,
        )
        use_winograd(self)
