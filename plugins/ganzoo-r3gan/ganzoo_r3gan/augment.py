"""Differentiable augmentation (Zhao, Liu, Lin, Zhu, Han 2020, arXiv:2006.10738)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from ganzoo.interfaces import Network
from torch import Tensor

Change = Literal["color", "translation", "cutout"]
POLICY: tuple[Change, ...] = ("color", "translation", "cutout")


class Augment(Network):
    """Random changes of all images that a discriminator is shown, real and fake: `D(augment(y))`.

    Gradients pass through them to the generator. So the discriminator never sees an unchanged
    image, and the generator still learns to make them (arXiv:2006.10738, eq. 3, 4). Each image has
    draws of its own, in evaluation mode too. Each call draws anew, so real and fake images are
    changed independently. Pixels that come in from outside, and those that are cut out, are 0.

    policy: what is changed, in this order: `color` adds up to 0.5 to all values, then scales
        saturation by 0 ... 2, then contrast by 0.5 ... 1.5; `translation` moves by whole pixels;
        `cutout` hides a rectangle that may lie partly outside.
    translation: how far an image moves at most, as a fraction of its side.
    cutout: the hidden rectangle's side, as a fraction of the image's.
    probability: how likely each change is applied to an image, drawn for each change and image
        (arXiv:2006.06676, sec. 2.2: p). A callback may adjust it while training, as `r3gan.ada`.

    Raises:
        ValueError: a policy without or with repeated changes, or a fraction outside 0 ... 1.
    """

    adjustable: ClassVar[tuple[str, ...]] = ("probability",)

    def __init__(
        self,
        policy: tuple[Change, ...] = POLICY,
        translation: float = 0.125,
        cutout: float = 0.5,
        probability: float = 1.0,
    ) -> None:
        super().__init__()
        if not policy or len(set(policy)) < len(policy):
            raise ValueError(f"policy is {list(policy)}: it must name changes, each once")
        fractions = {"translation": translation, "cutout": cutout, "probability": probability}
        for name, fraction in fractions.items():
            if not 0 <= fraction <= 1:
                raise ValueError(f"{name} is {fraction:g}: it must be between 0 and 1")
        self.policy, self.translation, self.cutout = tuple(policy), translation, cutout
        self.probability = probability

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in and out; colours may leave [-1, 1]."""
        for change in self.policy:
            changed = self._change(images, change)
            if self.probability < 1:  # else nothing is drawn: 1 is what it was without this setting
                changed = torch.where(_uniform(images) < self.probability, changed, images)
            images = changed
        return images

    def _change(self, images: Tensor, change: Change) -> Tensor:
        if change == "color":
            return recolored(images, *(_uniform(images) for _ in range(3)))
        if change == "translation":
            return moved(images, *(self._shift(images, side) for side in (2, 3)))
        return cut(images, *(self._hidden(images, side) for side in (2, 3)))

    def _shift(self, images: Tensor, dim: int) -> Tensor:
        """By how many pixels each image is moved (N,), both directions alike."""
        most = int(images.shape[dim] * self.translation)
        return torch.randint(-most, most + 1, (len(images),), device=images.device)

    def _hidden(self, images: Tensor, dim: int) -> tuple[Tensor, int]:
        """Where each hidden rectangle starts (N,), and its side; its middle is in the image."""
        side = images.shape[dim]
        length = int(side * self.cutout)
        middle = torch.randint(side + 1 - length % 2, (len(images),), device=images.device)
        return middle - length // 2, length


def recolored(images: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor) -> Tensor:
    """Images (N, C, H, W) after three draws (N, 1, 1, 1) in [0, 1).

    Saturation is the distance of the channels from a pixel's mean over them (so gray images have
    none), contrast the distance of all values from the image's mean.
    """
    images = images + (brightness - 0.5)
    gray = images.mean(1, keepdim=True)
    images = gray + (images - gray) * (2 * saturation)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def moved(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Each image (C, H, W) moved by its own whole numbers of pixels; what comes in is 0.

    down, right: (N,).
    """
    return _along(_along(images, down, 2), right, 3)


def _along(images: Tensor, shift: Tensor, dim: int) -> Tensor:
    side = images.shape[dim]
    source = torch.arange(side, device=images.device) - shift[:, None]
    shape = [len(images), 1, 1, 1]
    shape[dim] = side
    index = source.clamp(0, side - 1).view(shape).expand_as(images)
    inside = ((source >= 0) & (source < side)).view(shape)
    return images.gather(dim, index) * inside


def cut(images: Tensor, rows: tuple[Tensor, int], columns: tuple[Tensor, int]) -> Tensor:
    """Images (N, C, H, W) with a rectangle of zeros in each.

    rows, columns: where it starts in each image (N,), also before the first; and how many.
    """
    hidden = _stripe(images, rows, 2) & _stripe(images, columns, 3)
    return images * ~hidden


def _stripe(images: Tensor, stripe: tuple[Tensor, int], dim: int) -> Tensor:
    """True on a stripe of each image, ready to be spread over its other dimensions."""
    start, length = stripe
    place = torch.arange(images.shape[dim], device=images.device) - start[:, None]
    shape = [len(images), 1, 1, 1]
    shape[dim] = images.shape[dim]
    return ((place >= 0) & (place < length)).view(shape)


def _uniform(images: Tensor) -> Tensor:
    """A draw in [0, 1) for each image."""
    return torch.rand(len(images), 1, 1, 1, dtype=images.dtype, device=images.device)
