"""timm's networks of pooled features, for squares of a size of one's choice."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganzoo.components.networks import backbones

# DINOv2's own code adds this to the new number of patches before it divides by the old one.
OFFSET = 0.1


def load_for_square(name: str, weights: str, size: int) -> nn.Module:
    """A network that turns images (N, 3, size, size) into pooled features.

    name, weights: as of `load_backbone`.
    Vision transformers know one size: their positions are resampled to another. DINOv2's are as its
    authors' code does it, which FD-DINOv2 (Stein et al. 2023, arXiv:2306.04675) was computed with:
    timm's way gives other features.

    Raises:
        ValueError, ModelError: as of `load_backbone`; or the network cannot take that size.
    """
    network = backbones.load_backbone(name, weights, num_classes=0)
    config = getattr(network, "pretrained_cfg", {})
    if not config.get("fixed_input_size") or tuple(config["input_size"][1:]) == (size, size):
        return network
    try:
        if "dinov2" not in name or "reg" in name:
            return backbones.load_backbone(name, weights, num_classes=0, img_size=size)
        resized: Any = backbones.load_backbone(name, "none", num_classes=0, img_size=size)
    except (TypeError, AssertionError) as error:
        own = config["input_size"][1]
        raise ValueError(f"'{name}' takes images of {own} px: set size = {own}") from error
    stored = network.state_dict()
    side = math.isqrt(resized.pos_embed.shape[1] - 1)
    resized.load_state_dict({**stored, "pos_embed": resample(stored["pos_embed"], side)})
    return resized  # type: ignore[no-any-return]


def resample(positions: Tensor, side: int) -> Tensor:
    """Positions (1, 1 + M², d), those of the class token first, as (1, 1 + side², d)."""
    own = math.isqrt(positions.shape[1] - 1)
    patches = positions[:, 1:].reshape(1, own, own, -1).permute(0, 3, 1, 2)
    factor = (side + OFFSET) / own
    resized = interpolate(patches, scale_factor=(factor, factor), mode="bicubic")
    return torch.cat([positions[:, :1], resized.flatten(2).mT], dim=1)
