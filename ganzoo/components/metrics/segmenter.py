"""A small network that predicts the class of every pixel of a photo."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from ganzoo.components.metrics.task_training import SEED, conv_block, make_seeded, train_on
from ganzoo.interfaces.metric import Tick, no_tick

# Part of the names in the cache: it must change whenever training would give other weights.
VERSION = 1
LEVELS = 3
BATCH = 16


class Segmenter(nn.Module):
    """Fully convolutional, with coarse and fine layers joined (Long et al. 2015, arXiv:1411.4038).

    The layers that are joined are features, not class scores (Ronneberger et al. 2015,
    arXiv:1505.04597).

    classes: channels of the output.
    width: channels at full size; they double at each of the three halvings.
    channels: of the photos.
    """

    def __init__(self, classes: int, width: int = 8, channels: int = 3) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        steps = zip([channels, *widths[:-1]], widths, strict=True)
        self.down = nn.ModuleList([conv_block(before, after) for before, after in steps])
        self.up = nn.ModuleList([conv_block(3 * fine, fine) for fine in reversed(widths[:-1])])
        self.score = nn.Conv2d(width, classes, 1)

    def forward(self, photos: Tensor) -> Tensor:
        """Photos (N, channels, H, W) in [-1, 1] to logits (N, classes, H, W); any size."""
        fine: list[Tensor] = []
        first, *others = self.down
        coarse = first(photos)
        for block in others:
            fine.append(coarse)
            coarse = block(max_pool2d(coarse, 2, ceil_mode=True))
        for block in self.up:
            skip = fine.pop()
            coarse = block(torch.cat([skip, interpolate(coarse, skip.shape[-2:])], 1))
        logits: Tensor = self.score(coarse)
        return logits


def new_segmenter(classes: int, width: int, channels: int = 3, seed: int = SEED) -> Segmenter:
    """An untrained segmenter on the CPU, always with the same weights for a seed."""
    return make_seeded(lambda: Segmenter(classes, width, channels), seed)


def train_segmenter(
    network: Segmenter,
    photos: Tensor,
    classes: Tensor,
    steps: int,
    tick: Tick = no_tick,
    seed: int = SEED,
    linear: bool = False,
) -> None:
    """Train on photos (N, C, H, W), uint8, and their classes (N, H, W), by cross-entropy.

    Half of the photos are mirrored. Classes without a channel in the network are ignored. `seed`
    and `linear` are those of `train_on`.
    """
    known = network.score.out_channels
    train_on(
        network,
        photos,
        classes,
        steps,
        classes=known,
        batch=BATCH,
        mirror=True,
        seed=seed,
        linear=linear,
        tick=tick,
    )
