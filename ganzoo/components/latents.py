"""Random inputs: z in G(z)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganzoo.errors import did_you_mean
from ganzoo.interfaces import Latent, Variable


class _TensorLatent(Latent):
    """Draws of a shape that is given, or taken from a variable of the data."""

    def __init__(
        self, size: int | None = None, like: str | None = None, channels: int | None = None
    ) -> None:
        if (size is None) == (like is None):
            raise ValueError("give size (for a vector) or like (for a map), one of the two")
        if size is not None and channels is not None:
            raise ValueError("channels goes with like; a vector has only its size")
        if min(value for value in (size, channels, 1) if value is not None) < 1:
            raise ValueError("size and channels must be at least 1")
        self.size, self.like, self.channels = size, like, channels

    def variable(self, variables: Mapping[str, Variable]) -> Variable:
        """A vector (N, size), or the shape of the variable `like`.

        Raises:
            ValueError: there is no such variable, or it is a class label.
        """
        if self.size is not None:
            return Variable(channels=self.size)
        other = _other(self.like or "", variables)
        if other.classes:
            raise ValueError(f"'{self.like}' is a class label, which has no shape to copy")
        return Variable(channels=self.channels or other.channels, size=other.size)


class NormalLatent(_TensorLatent):
    """Independent draws from N(0, 1).

    size: the length of a vector; or
    like: a variable of the data whose channels and size are copied.
    channels: with like, how many channels instead of that variable's.

    Raises:
        ValueError: not exactly one of size and like is given, or a number is less than 1.
    """

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        """A tensor of that shape (N, ...) on the CPU."""
        return torch.randn(shape, generator=rng)


class UniformLatent(_TensorLatent):
    """Independent draws from [-1, 1).

    size: the length of a vector; or
    like: a variable of the data whose channels and size are copied.
    channels: with like, how many channels instead of that variable's.

    Raises:
        ValueError: not exactly one of size and like is given, or a number is less than 1.
    """

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        """A tensor of that shape (N, ...) on the CPU."""
        return torch.rand(shape, generator=rng) * 2 - 1


class CategoricalLatent(Latent):
    """A class label, drawn uniformly.

    classes: how many classes there are; or
    like: a class label of the data that has as many.

    Raises:
        ValueError: not exactly one of classes and like is given, or classes is less than 1.
    """

    def __init__(self, classes: int | None = None, like: str | None = None) -> None:
        if (classes is None) == (like is None):
            raise ValueError("give classes or like, one of the two")
        if classes is not None and classes < 1:
            raise ValueError(f"classes must be at least 1, not {classes}")
        self.classes, self.like = classes or 0, like

    def variable(self, variables: Mapping[str, Variable]) -> Variable:
        """A label (N,) of 0 ... classes - 1.

        Raises:
            ValueError: there is no such variable, or it is no class label.
        """
        if self.like is not None:
            other = _other(self.like, variables)
            if not other.classes:
                raise ValueError(f"'{self.like}' is no class label")
            self.classes = other.classes
            return other
        return Variable(classes=self.classes)

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        """Whole numbers of that shape (N,) on the CPU, int64."""
        return torch.randint(self.classes, shape, generator=rng)


def _other(name: str, variables: Mapping[str, Variable]) -> Variable:
    if name not in variables:
        raise ValueError(f"the data has no variable '{name}'.{did_you_mean(name, variables)}")
    return variables[name]
