"""Networks without parameters: operations that wires have no notation for."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.interfaces import Network


class Detach(Network):
    """The same values, through which no gradient flows: `detach(G(x))`."""

    per_sample = True

    def forward(self, x: Tensor) -> Tensor:
        """A tensor of any shape, unchanged."""
        return x.detach()


class Concat(Network):
    """Tensors side by side along channels: `concat(x, G(x))`."""

    per_sample = True

    def forward(self, *tensors: Tensor) -> Tensor:
        """Tensors (N, C_i, ...) to one of (N, sum of the C_i, ...)."""
        return torch.cat(tensors, 1)


class Flip(Network):
    """Images mirrored left to right: `flip(x)`."""

    per_sample = True

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in and out."""
        return images.flip(-1)
