"""The residual generator (Johnson, Alahi, Fei-Fei 2016, arXiv:1603.08155)."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.input_skip import (
    SkipKind,
    add_to_input,
    has_skip,
    start_at_zero,
)
from ganzoo.components.networks.norms import Norm, is_per_sample, needs_bias
from ganzoo.components.networks.padding import Padding
from ganzoo.components.networks.resnet_layers import Downsampling, Layers
from ganzoo.components.networks.resnet_layers import ResidualBlock as ResidualBlock
from ganzoo.components.networks.resnet_layers import Upsampling as Upsampling
from ganzoo.components.networks.same_size import same_size
from ganzoo.interfaces import Generator, head


class ResNet(Generator):
    """Down, residual blocks, up: c7s1-64, d128, d256, R256 x 9, u128, u64, c7s1-3, tanh.

    As in Zhu et al. 2017, arXiv:1703.10593, appendix 7.2; weights have the names of the authors'
    PyTorch code, so its checkpoints load. Images (N, in_channels, H, W) of any size become images
    (N, out_channels, H, W) in [-1, 1].

    in_channels: channels of the input.
    out_channels: channels of the output.
    width: channels of the first layer; each downsampling doubles them.
    blocks: residual blocks in the middle, 6 for 128 px and 9 from 256 px on in the paper.
    downsamplings: how often the image is halved before the blocks.
    upsampling: transposed convolutions, as published; nearest-neighbour resize + convolution, which
        leaves no checkerboard (Odena et al. 2016, doi:10.23915/distill.00003); or `blurred`, zeros
        between the pixels and a blur (as Karras et al. 2019, arXiv:1812.04948) + convolution.
    padding: how the convolutions of stride 1 continue the image beyond its border.
    norm: the normalisation after every convolution but the last.
    dropout: the probability of dropping an activation inside a residual block.
    kernel: the side of the first and the last convolution, an odd number of pixels. They work at
        full size, and cost most in a narrow network.
    checkpointing: whether to keep only the input of each residual block for the backward pass and
        to compute the block again there, which saves memory and changes no result (Chen et al.
        2016, arXiv:1604.06174); not with batch norm, whose statistics would be updated twice.
    layers: which outputs the head `features` returns: those after so many layers of `model`; 0 is
        the images themselves. Park et al. 2020 (arXiv:2007.15651) use [0, 5, 8, 11, 15]: the
        pixels, both downsamplings, the first block and the fifth.
    skip: "input" adds what the network computes, at first nothing, to its input: it starts as a
        copy. For domains that are alike; it needs out_channels = in_channels.
    downsampling: by convolutions of stride 2, as published, or `blurred`: by convolutions of stride
        1 and a blur, which leaves no aliases (Zhang 2019, arXiv:1904.11486).
    block_padding: the padding inside the residual blocks, where it differs from the others'.
    bias: whether the convolutions before a norm have a bias; left out, all but before batch norm.
    separable: whether the blocks' convolutions are depthwise separable, a ninth of the products
        (Howard et al. 2017, arXiv:1704.04861).

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
        super().__init__()
        _check(width, blocks, downsamplings, dropout, kernel)
        _check_checkpointing(checkpointing, norm)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.multiple = 2**downsamplings
        self.smallest = max(kernel // 2 + 1, 2 * self.multiple)
        widths = [width * 2**i for i in range(downsamplings + 1)]
        make, within = Layers(norm, padding, needs_bias(norm, bias)), block_padding or padding
        downs = (make.down(channels, downsampling) for channels in widths[:-1])
        block = partial(ResidualBlock, widths[-1], within, norm, dropout, bias, separable)
        middle = [block() for _ in range(blocks)]
        ups = (make.up(channels, upsampling) for channels in reversed(widths[1:]))
        first, last = make.first(in_channels, width, kernel), make.last(width, out_channels, kernel)
        self.model = nn.Sequential(*first, *chain(*downs), *middle, *chain(*ups), *last)
        _check_layers(layers, len(self.model))
        self.checkpointing, self.layers = checkpointing, layers
        self.skip = has_skip(skip, in_channels, out_channels)
        if self.skip:
            start_at_zero(self.model[-2])
        self.per_sample = is_per_sample(self)

    def forward(self, images: Tensor) -> Tensor:
        """Translate images (N, in_channels, H, W)."""
        # Reflection needs 2 px inside a block, and one more px than the outer convolutions reach.
        change = same_size(self._body, images, self.multiple, self.smallest)
        return add_to_input(images, change) if self.skip else change

    @head
    def features(self, images: Tensor) -> list[Tensor]:
        """The outputs (N, C, h, w) after each of `layers`, for images (N, in_channels, H, W).

        Raises:
            ValueError: layers is empty.
        """
        if not self.layers:
            raise ValueError(
                "layers is empty: name the layers of the features, as layers = [0, 5, 8]"
            )
        outputs, x = {0: images}, images
        for place, layer in enumerate(list(self.model)[: max(self.layers)], start=1):
            x = self._run(layer, x)
            if place in self.layers:
                outputs[place] = x.clone()  # the next layer may be a ReLU that overwrites x
        return [outputs[place] for place in self.layers]

    def _body(self, x: Tensor) -> Tensor:
        for layer in self.model:
            x = self._run(layer, x)
        return x

    def _run(self, layer: nn.Module, x: Tensor) -> Tensor:
        if self.checkpointing and torch.is_grad_enabled() and isinstance(layer, ResidualBlock):
            return checkpoint(layer, x, use_reentrant=False)  # type: ignore[no-any-return]
        return layer(x)  # type: ignore[no-any-return]


def _check(width: int, blocks: int, downsamplings: int, dropout: float, kernel: int) -> None:
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    if min(blocks, downsamplings) < 0:
        raise ValueError("blocks and downsamplings must not be negative")
    check_halvings("downsamplings", downsamplings)
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel is {kernel}: it must be an odd number")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}: it must be at least 0 and less than 1")


def _check_layers(layers: tuple[int, ...], count: int) -> None:
    for layer in layers:
        if not 0 <= layer <= count:
            raise ValueError(f"layers: there are 0 to {count}, and no {layer}")


def _check_checkpointing(checkpointing: bool, norm: Norm) -> None:
    if checkpointing and norm == "batch":
        raise ValueError(
            "checkpointing runs each block twice a step, and batch norm would count its "
            "statistics twice: choose another norm"
        )
