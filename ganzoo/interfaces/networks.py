"""The contracts of networks: anything that a wire can call."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

Value = Tensor | list[Tensor]
Method = TypeVar("Method", bound=Callable[..., Any])


def last_tensor(value: Value) -> Tensor:
    """The last of several tensors, which is the image; one tensor is itself."""
    return value[-1] if isinstance(value, list) else value


def head(method: Method) -> Method:
    """Mark a method that a wire may call: `G.features(x)` needs `@head def features(self, x)`."""
    method.__dict__["is_head"] = True
    return method


class Network(nn.Module):
    """A module that a wire can call, as `G(x)` does.

    per_sample: True if a sample's output depends on nothing but that sample and the weights: not on
        the rest of the batch, on running statistics or on random numbers. Then several calls in a
        step may be merged into one.
    default_init: the init that is used where a recipe names none; None keeps the weights that the
        constructor gave.
    differentiates: the heads ("" for a plain call) that compute gradients inside. They run
        uncompiled and in full precision. The trial step before a training sets it.
    adjustable: the settings that a callback may change while training, as ("probability",). Each is
        an attribute of that name, or a buffer; one that changes often is best a buffer.
    in_channels, out_channels: channels of the images; the trial step compares wires with them.
    classes: how many classes the label has that it takes; None where it takes no label.
    """

    per_sample: bool = False
    default_init: ClassVar[str | None] = None
    differentiates: frozenset[str] = frozenset()
    adjustable: ClassVar[tuple[str, ...]] = ()
    in_channels: int
    out_channels: int
    classes: int | None


class Generator(Network):
    """A network that gives images (N, out_channels, H, W) in [-1, 1]."""


class Discriminator(Network):
    """A network that takes images and gives logits: a tensor, or a list with one for each scale.

    Several images are concatenated along channels, so `D(x, y)` needs in_channels = 6. In
    `D(y, c)`, where c is a class label, `logits` gets the label (N,) as its second argument.
    """

    def forward(self, *arguments: Tensor) -> Value:
        """Logits for images (N, C, H, W) and class labels (N,); never squashed by a sigmoid."""
        images = [argument for argument in arguments if argument.is_floating_point()]
        labels = [argument for argument in arguments if not argument.is_floating_point()]
        logits: Callable[..., Value] = self.logits
        return logits(torch.cat(images, 1) if len(images) > 1 else images[0], *labels)

    @abstractmethod
    def logits(self, images: Tensor) -> Value:
        """Logits for the concatenated images (N, in_channels, H, W)."""
