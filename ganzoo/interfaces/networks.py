"""What a network is: anything that a wire can call."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

Value = Tensor | list[Tensor]
Method = TypeVar("Method", bound=Callable[..., Any])


def head(method: Method) -> Method:
    """Mark a method that a wire may call: `G.features(x)` needs `@head def features(self, x)`."""
    method.__dict__["is_head"] = True
    return method


class Network(nn.Module):
    """Anything a wire can call.

    per_sample: True if no sample's output depends on the rest of the batch, on a running statistic
        or on chance; then calls of one step may be merged into one.
    default_init: the init a recipe gets where it names none; None leaves the module as built.
    differentiates: the heads ("" for a plain call) that take gradients inside, which the trial step
        finds out; they run uncompiled and in full precision.
    in_channels, out_channels: what the trial step expects of the wires.
    classes: how many classes the label has that it takes; None where it takes none.
    """

    per_sample: bool = False
    default_init: ClassVar[str | None] = None
    differentiates: frozenset[str] = frozenset()
    in_channels: int
    out_channels: int
    classes: int | None


class Generator(Network):
    """Makes images (N, out_channels, H, W) in [-1, 1]."""


class Discriminator(Network):
    """Images in, logits out (a tensor; or a list of them, one for each scale it looks at).

    Several images are concatenated along channels, so `D(x, y)` needs in_channels = 6. Of
    `D(y, c)`, c a class label, `logits` gets the label (N,) as its second argument.
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
