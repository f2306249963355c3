"""A skip from the input to the output, so that a generator starts as a copy."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

SkipKind = Literal["none", "input"]

# How much faster than other weights the gate learns: Adam moves it by the learning rate a step at
# most, and trainings of minutes would end before it has opened.
RATE = 10


class InputSkip(nn.Module):
    """The input and what a network adds to it: clamp(x + 10 gate * net(x), -1, 1).

    The gate is one learnt number that starts at 0 (Bachlechner et al. 2020, arXiv:2003.04887), so
    that the output starts as exactly the input, while the gate has a gradient from the first step.
    The clamp lets all gradients pass, as a straight-through estimator (Bengio et al. 2013,
    arXiv:1308.3432): otherwise white paper, clamped once, would never learn again.

    Raises:
        ValueError: the input cannot be added to the output.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        if in_channels != out_channels:
            raise ValueError(
                f"in_channels is {in_channels} and out_channels {out_channels}: they must be "
                "equal, because the input is added to the output"
            )
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, images: Tensor, change: Tensor) -> Tensor:
        """Images and what is added to them, (N, C, H, W) in [-1, 1], to images in [-1, 1]."""
        changed = images + RATE * self.gate * change
        return changed + (changed.detach().clamp(-1, 1) - changed.detach())


def make_skip(skip: SkipKind, in_channels: int, out_channels: int) -> InputSkip | None:
    """The skip of a generator; None where it has none.

    Raises:
        ValueError: the skip is unknown, or the input cannot be added to the output.
    """
    if skip == "none":
        return None
    if skip != "input":
        raise ValueError(f"there is no skip '{skip}': choose none or input")
    return InputSkip(in_channels, out_channels)
