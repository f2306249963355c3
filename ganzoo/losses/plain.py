"""Distances between a prediction and its target, averaged over every element."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from ganzoo.interfaces import Loss


class L1(Loss):
    """The mean absolute difference, which blurs less than the square (Isola et al. 2017)."""

    notation: ClassVar[str] = "‖{prediction} - {target}‖₁"

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """E|prediction - target|, for tensors of one shape.

        Raises:
            ValueError: their shapes differ.
        """
        _check(prediction, target)
        return l1_loss(prediction, target)


class L2(Loss):
    """The mean squared difference."""

    notation: ClassVar[str] = "‖{prediction} - {target}‖₂²"

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """E(prediction - target)², for tensors of one shape.

        Raises:
            ValueError: their shapes differ.
        """
        _check(prediction, target)
        return mse_loss(prediction, target)


def _check(prediction: Tensor, target: Tensor) -> None:
    """Torch would broadcast 1 channel to 3; that is a mistake in a wire, never a wish."""
    if prediction.shape != target.shape:
        shapes = [" x ".join(map(str, tensor.shape)) for tensor in (prediction, target)]
        raise ValueError(f"prediction and target differ in shape: {shapes[0]} and {shapes[1]}")
