"""Normalisation layers, and which need a bias before them or mix samples."""

from __future__ import annotations

import math
from typing import Literal

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

Norm = Literal["instance", "batch", "group", "layer", "none"]


def make_norm(norm: Norm, channels: int) -> nn.Module:
    """A normalisation of (N, channels, H, W).

    instance: Ulyanov et al. 2016, arXiv:1607.08022, without learned scale and shift.
    batch: Ioffe, Szegedy 2015, arXiv:1502.03167.
    group: Wu, He 2018, arXiv:1803.08494; 32 groups, or as many as divide both 32 and the channels.
    layer: Ba, Kiros, Hinton 2016, arXiv:1607.06450; a sample's channels and pixels together.
    none: nothing.

    Raises:
        ValueError: the norm is unknown.
    """
    if norm == "instance":
        # Not nn.InstanceNorm2d: on a CPU (torch 2.14.1) its input gradient is wrong for a batch of
        # 1 if the incoming gradient is channels_last.
        return nn.GroupNorm(channels, channels, affine=False)
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "group":
        return nn.GroupNorm(math.gcd(32, channels), channels)
    if norm == "layer":
        return nn.GroupNorm(1, channels)
    if norm == "none":
        return nn.Identity()
    raise ValueError(f"there is no norm '{norm}': choose instance, batch, group, layer or none")


def needs_bias(norm: Norm, bias: bool | None = None) -> bool:
    """Whether a convolution before this norm has a bias; batch norm brings its own shift.

    bias: the user's choice, or None.
    """
    return norm != "batch" if bias is None else bias


def differs_in_training(layer: nn.Module) -> bool:
    """Whether a layer in training works at random or by its batch, as dropout and batch norm do."""
    drops = isinstance(layer, _DropoutNd) and layer.p > 0
    return drops or isinstance(layer, _BatchNorm)


def is_per_sample(network: nn.Module) -> bool:
    """Whether each sample's output depends on that sample alone: no batch norm, no dropout."""
    return not any(isinstance(module, _BatchNorm | _DropoutNd) for module in network.modules())
