"""A small network that predicts the class of every pixel of a photo."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate, max_pool2d

from ganzoo.interfaces.levels import from_levels

# Part of the names in the cache: it must change whenever training would give other weights.
VERSION = 1
LEVELS = 3
BATCH = 16
RATE = 0.01
SEED = 0


class Segmenter(nn.Module):
    """Fully convolutional, with coarse and fine layers joined (Long et al. 2015, arXiv:1411.4038).

    The layers that are joined are features, not class scores (Ronneberger et al. 2015,
    arXiv:1505.04597).

    classes: channels of the output.
    width: channels at full size; they double at each of the three halvings.
    """

    def __init__(self, classes: int, width: int = 8) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        steps = zip([3, *widths[:-1]], widths, strict=True)
        self.down = nn.ModuleList([_block(before, after) for before, after in steps])
        self.up = nn.ModuleList([_block(3 * fine, fine) for fine in reversed(widths[:-1])])
        self.score = nn.Conv2d(width, classes, 1)

    def forward(self, photos: Tensor) -> Tensor:
        """Photos (N, 3, H, W) in [-1, 1] to logits (N, classes, H, W); any size."""
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


def new_segmenter(classes: int, width: int) -> Segmenter:
    """An untrained segmenter on the CPU, always with the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return Segmenter(classes, width)


def train_segmenter(network: Segmenter, photos: Tensor, classes: Tensor, steps: int) -> None:
    """Train on photos (N, 3, H, W), uint8, and their classes (N, H, W), by cross-entropy.

    Half of the photos are mirrored. Classes without a channel in the network are ignored.
    """
    optimizer = torch.optim.AdamW(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, max(steps, 2))
    rng = torch.Generator().manual_seed(SEED)
    truth = classes.long().masked_fill(classes >= network.score.out_channels, -100)
    # With channels last, narrow convolutions take 0.6 of the time.
    network.to(memory_format=torch.channels_last).train()
    with torch.enable_grad():
        for _ in range(steps):
            chosen = torch.randperm(len(photos), generator=rng)[:BATCH].to(photos.device)
            mirrored = (torch.rand(len(chosen), generator=rng) < 0.5).to(photos.device)
            images = _mirror(from_levels(photos[chosen]), mirrored)
            logits = network(images.contiguous(memory_format=torch.channels_last))
            loss = cross_entropy(logits, _mirror(truth[chosen], mirrored))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    network.to(memory_format=torch.contiguous_format).eval()


def _mirror(images: Tensor, mirrored: Tensor) -> Tensor:
    """Images (N, ..., W), mirrored where `mirrored` (N,) says so."""
    chosen = mirrored.view(-1, *[1] * (images.dim() - 1))
    return torch.where(chosen, images.flip(-1), images)


def _block(in_channels: int, out_channels: int) -> nn.Module:
    """Two convolutions of 3 x 3, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        convolution = nn.Conv2d(channels, out_channels, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(out_channels), nn.ReLU()]
    return nn.Sequential(*layers)
