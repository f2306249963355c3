"""A skip from the input to the output, so that a generator starts as a copy."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

SkipKind = Literal["none", "input"]


def has_skip(skip: SkipKind, in_channels: int, out_channels: int) -> bool:
    """Whether a generator adds what it computes to its input.

    Raises:
        ValueError: the skip is unknown, or the input cannot be added to the output.
    """
    if skip not in ("none", "input"):
        raise ValueError(f"there is no skip '{skip}': choose none or input")
    if skip == "input":
        check_same_channels(in_channels, out_channels)
    return skip == "input"


def check_same_channels(in_channels: int, out_channels: int) -> None:
    """Refuse a network whose input cannot be added to its output.

    Raises:
        ValueError: they differ in channels.
    """
    if in_channels != out_channels:
        raise ValueError(
            f"in_channels is {in_channels} and out_channels {out_channels}: they must be equal, "
            "because the input is added to the output"
        )


def add_to_input(images: Tensor, change: Tensor) -> Tensor:
    """clamp(images + change, -1, 1), for images and what is added to them, (N, C, H, W).

    The clamp lets all gradients pass, as a straight-through estimator (Bengio et al. 2013,
    arXiv:1308.3432): otherwise white paper, clamped once, would never learn again.
    """
    changed = images + change
    return changed + (changed.detach().clamp(-1, 1) - changed.detach())


def start_at_zero(convolution: nn.Module) -> None:
    """Start a convolution at zero, and let the inits of recipes leave it there.

    As the last one of a residual branch (Goyal et al. 2017, arXiv:1706.02677, sec. 5.1). A learnt
    factor of a random network, which starts at 0 as well, would often stay there: a cycle and
    identity terms hold it, and of all that the network may add, it can only try one random change.
    """
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)
    convolution.__dict__["starts_at_zero"] = True


def starts_at_zero(module: nn.Module) -> bool:
    """Whether inits leave a module at zero."""
    return bool(getattr(module, "starts_at_zero", False))
