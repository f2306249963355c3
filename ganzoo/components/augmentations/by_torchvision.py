"""The common base of augmentations that torchvision makes."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from ganzoo.interfaces import Augmentation
from ganzoo.interfaces.augmentation import Images, Variables


class ByTorchvision(Augmentation):
    """A transform of torchvision.transforms.v2, with a probability.

    probability: how often it is applied, of 1.

    Raises:
        ValueError: the probability is none, or torchvision is not installed.
    """

    def __init__(self, probability: float) -> None:
        if not 0 <= probability <= 1:
            raise ValueError(f"probability is {probability:g}: it must be 0 to 1")
        if find_spec("torchvision") is None:
            raise ValueError(
                "this augmentation needs the package torchvision: "
                "pip install 'ganzoo-core[augment]'"
            )
        self.probability = probability

    def prepare(self) -> None:
        """Import torchvision, in about a second."""
        import torchvision.transforms.v2  # noqa: F401

    def augment(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The images, transformed together; or untouched."""
        if torch.rand(()) >= self.probability:
            return dict(images)
        return self.transform_all(images, variables)

    @abstractmethod
    def transform_all(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The images, transformed by one draw."""


class WholeTransform(ByTorchvision):
    """A transform that suits all images, whatever their size."""

    @abstractmethod
    def make_transform(self) -> Any:
        """The v2 transform."""

    @cached_property
    def transform(self) -> Any:
        """The v2 transform, made at its first use."""
        return self.make_transform()

    def transform_all(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The images, transformed by one draw."""
        return call_together(self.transform, images)


def call_together(transform: Any, images: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Call a v2 transform with all images; of plain tensors, it would change the first alone."""
    from torchvision.tv_tensors import Image

    changed = transform({name: image.as_subclass(Image) for name, image in images.items()})
    return {name: image.as_subclass(Tensor) for name, image in changed.items()}


def read_bounds(
    bounds: float | tuple[float, float], name: str, least: float, most: float = math.inf
) -> tuple[float, float]:
    """A setting, a number or [lowest, highest], as (lowest, highest).

    Raises:
        ValueError: it is outside of `least` ... `most`, or the highest comes first.
    """
    low, high = bounds if isinstance(bounds, tuple) else (bounds, bounds)
    given = f"{low:g}" if low == high else f"[{low:g}, {high:g}]"
    if low > high:
        raise ValueError(f"{name} is {given}: the lowest comes first")
    if not least <= low <= high <= most:
        allowed = f"{least:g} or more" if most == math.inf else f"{least:g} to {most:g}"
        raise ValueError(f"{name} is {given}: it must be {allowed}")
    return low, high
