"""Meets the norms that take their statistics from an image's pixels, whatever network calls them.

Such statistics of a tile are not those of the whole image. The norms of one output are told apart
by their order, which is the same for every image.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

DRAWING = frozenset(
    {
        functional.dropout,
        functional.dropout1d,
        functional.dropout2d,
        functional.dropout3d,
        functional.alpha_dropout,
        functional.feature_alpha_dropout,
    }
)
DRAWN = frozenset(
    {torch.rand, torch.randn, torch.rand_like, torch.randn_like, torch.normal, torch.bernoulli}
)


class Moments(NamedTuple):
    """The mean and the variance (groups,) that a norm divides out, in double precision."""

    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class NormCall:
    """A norm that is about to take statistics from its input.

    x: features (N, C, H, W). groups: how many groups of channels have statistics of their own.
    weight, bias: what it multiplies by and adds afterwards, (C,).
    """

    x: Tensor
    groups: int
    weight: Tensor | None
    bias: Tensor | None
    eps: float

    def apply(self, moments: Moments) -> Tensor:
        """The features normalised by given statistics."""
        times = self.x.shape[1] // self.groups
        mean, variance = (
            each.to(self.x.device, torch.float32).repeat_interleave(times) for each in moments
        )
        return functional.batch_norm(
            self.x, mean, variance, self.weight, self.bias, False, 0.0, self.eps
        )

    def moments(self, mean: Tensor, square: Tensor) -> Moments:
        """The statistics of groups, from the means (C,) of channels and of their squares."""
        mean, square = (each.view(self.groups, -1).mean(1) for each in (mean, square))
        return Moments(mean, (square - mean.square()).clamp(min=0))


class NormCalls(TorchFunctionMode, ABC):
    """A context in which `normalise` does what norms do.

    draws: whether something was drawn at random in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.draws = False

    @abstractmethod
    def normalise(self, call: NormCall) -> Tensor:
        """What the norm returns."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        self.draws |= func in DRAWN or (func in DRAWING and _is_training(*args, **given))
        read = READERS.get(func)
        call = read(*args, **given) if read else None
        return func(*args, **given) if call is None else self.normalise(call)


class FixedNorms(NormCalls):
    """Norms divide out given statistics: those of a whole image, in tiles of it."""

    def __init__(self, statistics: Sequence[Moments]) -> None:
        super().__init__()
        self.statistics = iter(statistics)

    def normalise(self, call: NormCall) -> Tensor:
        """The features normalised by the next statistics."""
        return call.apply(next(self.statistics))


class OwnNorms(NormCalls):
    """Norms take the statistics of what they are given, as ever; these are kept.

    statistics: those of each norm, in their order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.statistics: list[Moments] = []

    def normalise(self, call: NormCall) -> Tensor:
        """The features normalised by the statistics of the whole batch."""
        self.statistics.append(call.moments(*averages(call.x)))
        return call.apply(self.statistics[-1])


def averages(x: Tensor) -> tuple[Tensor, Tensor]:
    """The means (C,) of features (N, C, H, W) and of their squares, in double precision."""
    return x.mean((0, 2, 3), dtype=torch.float64), x.square().mean((0, 2, 3), dtype=torch.float64)


def _group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> NormCall | None:
    return NormCall(input, num_groups, weight, bias, eps) if input.dim() == 4 else None


def _instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> NormCall | None:
    taken = use_input_stats and input.dim() == 4
    return NormCall(input, input.shape[1], weight, bias, eps) if taken else None


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> NormCall | None:
    return _instance_norm(input, None, None, weight, bias, training, momentum, eps)


def _is_training(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> bool:
    return training and p > 0


READERS: Mapping[Callable[..., Any], Callable[..., NormCall | None]] = {
    functional.group_norm: _group_norm,
    functional.instance_norm: _instance_norm,
    functional.batch_norm: _batch_norm,
}
