"""Moving averages of weights, which sample better than the weights of the last step."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Ema:
    """Exponential moving averages: after each step, average = d average + (1 - d) weights.

    Karras et al. 2017, arXiv:1710.10196, section 4.1, do this for their generator. With `warmup`, d
    is min(decay, (1 + t) / (10 + t)) after t earlier updates, so that the untrained weights of the
    first steps are soon forgotten. Running statistics are copied, not averaged.

    networks: the trained networks, by name; their averages start at the present weights.
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
        """Update the averages with the weights of the step just made."""
        average = get_ema_multi_avg_fn(self.rate)  # type: ignore[no-untyped-call]
        for name, network in self.networks.items():
            averages = list(self.averages[name].parameters())
            if averages:
                average(averages, list(network.parameters()), self.updates)
            if buffers := list(self.averages[name].buffers()):
                torch._foreach_copy_(buffers, list(network.buffers()))
        self.updates += 1
