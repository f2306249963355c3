"""A domain by its number, for wires: `G(x, night(x))`."""

from __future__ import annotations

import torch
from ganzoo.interfaces import Network
from torch import Tensor


class Domain(Network):
    """The label of one domain, for every image alike.

    `night = { type = "stargan.domain", label = 2 }` lets a wire ask for it: `G(x, night(x))`.

    label: the domain's number, counted from 0.

    Raises:
        ValueError: label is negative.
    """

    per_sample = True

    def __init__(self, label: int) -> None:
        super().__init__()
        if label < 0:
            raise ValueError(f"label is {label}: domains are counted from 0")
        self.label = label

    def forward(self, images: Tensor) -> Tensor:
        """Labels (N,), int64, for N images of any shape."""
        return torch.full((images.shape[0],), self.label, device=images.device)
