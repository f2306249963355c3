"""Averages of weights over training, which sample better than the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Ema:
    """Exponential moving averages: after each step, average = d average + (1 - d) weights.

    As Karras et al. 2017, arXiv:1710.10196, section 4.1, keep of their generator. With `warmup`, d
    is min(decay, (1 + t) / (10 + t)) after t earlier updates, so that the first weights, which know
    nothing, are soon forgotten. Running statistics are copied, not averaged.

    networks: the trained networks, by name; their averages start as what they are now.
    """

    def __init__(self, networks: Mapping[str, nn.Module], decay: float, warmup: bool) -> None:
        self.networks = dict(networks)
        self.decay, self.warmup = decay, warmup
        self.averages = {name: deepcopy(network) for name, network in networks.items()}
        self.updates = 0
        for average in self.averages.values():
            average.requires_grad_(False)

    @property
    def rate(self) -> float:
        """The d of the next update."""
        return (
            min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warmup else self.decay
        )

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights of the step just made into the averages."""
        average = get_ema_multi_avg_fn(self.rate)  # type: ignore[no-untyped-call]
        for name, network in self.networks.items():
            kept = list(self.averages[name].parameters())
            if kept:
                average(kept, list(network.parameters()), self.updates)
            buffers = zip(self.averages[name].buffers(), network.buffers(), strict=True)
            for old, new in buffers:
                old.copy_(new)
        self.updates += 1
