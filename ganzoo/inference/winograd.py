"""3x3 convolutions with half the multiplications, for inference on a CPU.

Winograd's minimal filtering F(4, 3) along one axis (Lavin and Gray 2015, arXiv:1509.09308): four
rows of the result come from six products of row combinations, in place of twelve. In float32 the
result differs from a direct convolution by a few units in its sixth digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional

# The least channels and pixels for which it is faster, and the most values of an image at once, so
# that they stay in the cache; measured.
CHANNELS, PIXELS, VALUES = 128, 32 * 32, 2**21
# The transform of a filter's rows: `G` of Lavin and Gray, section 4.4.
FILTER = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)

_left_out: ContextVar[bool] = ContextVar("winograd_left_out", default=False)


@contextmanager
def without_winograd() -> Iterator[None]:
    """A context in which every pixel of a convolution is computed from what it sees, and no more.

    Otherwise rows are computed in groups of four, and share their roundings.
    """
    token = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(token)


class WinogradConv2d(nn.Module):
    """Computes what a 3x3 convolution of stride 1 computes.

    Small images, other types than float32 and gradients are left to the convolution itself.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        rows = torch.tensor(FILTER, dtype=torch.float64, device=convolution.weight.device)
        filters = torch.einsum("oirc, fr -> foic", convolution.weight.detach().double(), rows)
        for index, each in enumerate(filters.float()[:, :, :, None]):
            self.register_buffer(
                f"filter_{index}", each.contiguous(memory_format=torch.channels_last), False
            )

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, in_channels, H, W) to (N, out_channels, h, w)."""
        small = x.shape[-1] * x.shape[-2] < PIXELS or _left_out.get()
        if small or x.dtype != torch.float32 or (x.requires_grad and torch.is_grad_enabled()):
            return self.convolution(x)  # type: ignore[no-any-return]
        vertical, horizontal = (int(side) for side in self.convolution.padding)
        rows = x.shape[2] + 2 * vertical - 2
        below = vertical + -rows % 4  # zeros, for a multiple of four rows
        if vertical or horizontal or below:
            x = functional.pad(x, (horizontal, horizontal, vertical, below))
        return self._convolve(x.contiguous(memory_format=torch.channels_last))[:, :, :rows]

    def _convolve(self, x: Tensor) -> Tensor:
        """The convolution of padded features, band by band; 2 + a multiple of 4 rows."""
        height, width = x.shape[2] - 2, x.shape[3] - 2
        out = torch.empty(
            (len(x), self.convolution.out_channels, height, width),
            dtype=x.dtype,
            device=x.device,
            memory_format=torch.channels_last,
        )
        bands = -(-x.numel() // VALUES)
        step = -(-height // bands // 4) * 4  # of equal heights: torch is slow on a short rest
        for top in range(0, height, step):
            bottom = min(top + step, height)
            self._convolve_band(x[:, :, top : bottom + 2], out[:, :, top:bottom])
        return out

    def _convolve_band(self, x: Tensor, out: Tensor) -> None:
        """Write the convolution of these rows into `out`; in place, as copies cost time."""
        height = out.shape[2]
        d0, d1, d2, d3, d4, d5 = (x[:, :, row : row + height - 3 : 4] for row in range(6))
        a, b = torch.add(d4, d2, alpha=-4), torch.add(d3, d1, alpha=-4)
        c, d = d4 - d2, (d3 - d1).mul_(2)
        first = self._product(0, torch.add(d4, d2, alpha=-5).add_(d0, alpha=4))
        last = self._product(5, torch.add(d5, d3, alpha=-5).add_(d1, alpha=4))
        p, q = _sum_and_difference(self._product(1, a + b), self._product(2, a.sub_(b)))
        r, s = _sum_and_difference(self._product(3, c + d), self._product(4, c.sub_(d)))
        torch.add(first.add_(p), r, out=out[:, :, 0::4])
        torch.add(q, s, alpha=2, out=out[:, :, 1::4])
        torch.add(p, r, alpha=4, out=out[:, :, 2::4])
        torch.add(last.add_(q), s, alpha=8, out=out[:, :, 3::4])

    def _product(self, index: int, rows: Tensor) -> Tensor:
        """Row combinations, convolved with a filter of one row; with the bias for index 1.

        Each of the four sums that make rows of the result holds that product exactly once.
        """
        bias = self.convolution.bias if index == 1 else None
        product: Tensor = functional.conv2d(rows, self.get_buffer(f"filter_{index}"), bias)
        return product


def _sum_and_difference(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Their sum and their difference; `one` is overwritten."""
    return one + other, one.sub_(other)


def make_winograd(network: nn.Module) -> None:
    """Let the convolutions of a network for which it is faster multiply less often."""
    for module in [*network.modules()]:
        if isinstance(module, WinogradConv2d):  # of a network that shares it
            continue
        for name, child in module.named_children():
            if _is_faster(child):
                setattr(module, name, WinogradConv2d(child))


def _is_faster(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether a module is a plain 3x3 convolution of enough channels."""
    if type(module) is not nn.Conv2d or module._forward_pre_hooks or module._forward_hooks:
        return False
    return (
        module.kernel_size == (3, 3)
        and module.stride == module.dilation == (1, 1)
        and module.groups == 1
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and module.weight.dtype == torch.float32
        and min(module.in_channels, module.out_channels) >= CHANNELS
    )
