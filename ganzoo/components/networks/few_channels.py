"""A convolution to few channels, as the last one of a generator, in blocks of pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.components.networks.open_sizes import are_sizes_open

BLOCK = 2  # the side of a block of pixels
LANES = 16  # oneDNN computes output channels in multiples of so many


class FewChannelConv2d(nn.Conv2d):
    """A convolution of stride 1 that a CPU computes a block of 2 x 2 output pixels at a time.

    oneDNN fills up output channels to 16, so that a convolution to 3 channels makes five times the
    multiplications that it needs. With the four pixels of a block as channels there are 12. The
    kernel is shifted for each of them, and is one pixel larger. At 256 px the last convolution of a
    ResNet takes half the time so, and the same values are added up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int) -> None:
        super().__init__(in_channels, out_channels, kernel)
        self.blockwise = BLOCK**2 * out_channels <= LANES

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if are_sizes_open() or not (self.blockwise and self._is_whole(input)):
            return functional.conv2d(input, weight, bias)
        biases = None if bias is None else bias.repeat_interleave(BLOCK**2)
        blocks = functional.conv2d(input, shift_kernel(weight), biases, stride=BLOCK)
        return functional.pixel_shuffle(blocks, BLOCK)

    def _is_whole(self, input: Tensor) -> bool:
        """Whether the output is one of whole blocks, on a CPU."""
        sides = [side - self.kernel_size[0] + 1 for side in input.shape[-2:]]
        return input.device.type == "cpu" and all(side % BLOCK == 0 for side in sides)


def shift_kernel(weight: Tensor) -> Tensor:
    """(O, I, h, w) as (4 O, I, h + 1, w + 1): the kernel for each pixel of a block of 2 x 2."""
    last = BLOCK - 1
    shifted = [
        functional.pad(weight, (x, last - x, y, last - y))
        for y in range(BLOCK)
        for x in range(BLOCK)
    ]
    return torch.stack(shifted, 1).flatten(0, 1)
