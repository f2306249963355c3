"""Modules that stay in evaluation mode even during training."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn


def resting_modules(networks: Mapping[str, nn.Module]) -> dict[str, frozenset[str]]:
    """By network, the names of its modules that are in evaluation mode.

    Call it on new networks: these modules stay in evaluation mode. Of a network that the recipe
    freezes, they are all modules (its own name is ""); otherwise those of a frozen backbone.
    """
    return {
        name: frozenset(inner for inner, module in network.named_modules() if not module.training)
        for name, network in networks.items()
    }
