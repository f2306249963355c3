"""Distances between a prediction and its target, averaged over every element."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import huber_loss, l1_loss, mse_loss

from ganzoo.interfaces import Loss


class L1(Loss):
    """The mean absolute difference, which blurs less than the square (Isola et al. 2017)."""

    notation: ClassVar[str] = "‖{prediction} - {target}‖₁"

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """E|prediction - target|, for tensors of one shape.

        Raises:
            ValueError: their shapes differ.
        """
        check_shapes(prediction, target)
        return l1_loss(prediction, target)


class L2(Loss):
    """The mean squared difference."""

    notation: ClassVar[str] = "‖{prediction} - {target}‖₂²"

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """E(prediction - target)², for tensors of one shape.

        Raises:
            ValueError: their shapes differ.
        """
        check_shapes(prediction, target)
        return mse_loss(prediction, target)


class Huber(Loss):
    """A square near 0, a line beyond (Huber 1964, doi:10.1214/aoms/1177703732).

    delta: the difference where the line begins; images differ by 2 at most.

    Raises:
        ValueError: delta is not above 0.
    """

    notation: ClassVar[str] = "Huber({prediction} - {target})"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__()
        if delta <= 0:
            raise ValueError(f"delta is {delta:g}: it must be above 0")
        self.delta = delta

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The mean of d²/2 where |d| < delta, else delta (|d| - delta/2); d the difference.

        Raises:
            ValueError: their shapes differ.
        """
        check_shapes(prediction, target)
        return huber_loss(prediction, target, delta=self.delta)


def check_shapes(prediction: Tensor, target: Tensor) -> None:
    """Refuse two shapes, as torch would broadcast 1 channel to 3: a wire is wrong then.

    Raises:
        ValueError: the shapes differ.
    """
    if prediction.shape != target.shape:
        shapes = [" x ".join(map(str, tensor.shape)) for tensor in (prediction, target)]
        raise ValueError(f"prediction and target differ in shape: {shapes[0]} and {shapes[1]}")
