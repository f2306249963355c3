"""Layers that continue an image beyond its border."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.components.networks.open_sizes import are_sizes_open

Padding = Literal["reflect", "replicate", "zero"]

MANY = 2**17  # values, from which on a CPU whole rows are faster than torch's single pixels


def make_padding(padding: Padding, margin: int) -> nn.Module:
    """A layer that adds `margin` pixels on each side.

    Raises:
        ValueError: the padding is unknown.
    """
    if padding == "reflect":
        return ReflectionPad(margin)
    if padding == "replicate":
        return nn.ReplicationPad2d(margin)
    if padding == "zero":
        return nn.ZeroPad2d(margin)
    raise ValueError(f"there is no padding '{padding}': choose reflect, replicate or zero")


class ReflectionPad(nn.Module):
    """Mirror images (N, C, H, W) at their borders; `margin` is less than H and W.

    The values are those of nn.ReflectionPad2d, whose gradient walks over all pixels one by one on a
    CPU (torch 2.14.1). For large feature maps, whole rows and columns are added here instead: that
    takes a quarter of the time at 256 channels of 64 x 64 pixels. Sums at corners may round
    otherwise.
    """

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) become (N, C, H + 2 margin, W + 2 margin)."""
        device = images.device.type
        if device != "cpu" or are_sizes_open():
            return _reflect(images, self.margin)
        # Autocast would turn bf16 into float32 here, and back before the convolution that follows.
        with torch.autocast(device, enabled=False):
            if images.numel() >= MANY and not torch.compiler.is_compiling():
                return _Reflection.apply(images, self.margin)  # type: ignore[no-any-return]
            return _reflect(images, self.margin)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return str(self.margin)


class _Reflection(torch.autograd.Function):
    generate_vmap_rule = True  # so that `torch.func` takes networks with it, as any others

    @staticmethod
    def forward(images: Tensor, margin: int) -> Tensor:
        return _reflect(images, margin)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: Tensor) -> None:
        ctx.margin = inputs[1]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        # Made of differentiable functions, so that a second gradient is right, too.
        return add_reflections(gradients[0], ctx.margin), None


def _reflect(images: Tensor, margin: int) -> Tensor:
    return functional.pad(images, (margin,) * 4, mode="reflect") if margin else images


def add_reflections(padded: Tensor, margin: int) -> Tensor:
    """Add each mirrored pixel of (N, C, H + 2 margin, W + 2 margin) to its original (N, C, H, W).

    It is the transpose of the reflection, and so its gradient.
    """
    if margin == 0:
        return padded
    height, width = (side - 2 * margin for side in padded.shape[-2:])
    columns = padded[..., margin:-margin].clone()
    for distance in range(1, margin + 1):
        right = width - 1 - distance
        columns[..., distance].add_(padded[..., margin - distance])
        columns[..., right].add_(padded[..., margin + width - 1 + distance])
    inside = columns[..., margin:-margin, :]
    for distance in range(1, margin + 1):
        bottom = height - 1 - distance
        inside[..., distance, :].add_(columns[..., margin - distance, :])
        inside[..., bottom, :].add_(columns[..., margin + height - 1 + distance, :])
    return inside.contiguous()
