"""Trains small networks that predict classes, of pixels or of images: always the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from ganzoo.interfaces.levels import from_levels
from ganzoo.interfaces.metric import Tick, no_tick

RATE = 0.01
LINEAR_RATE = 0.02
SEED = 0

Module = TypeVar("Module", bound=nn.Module)


def make_seeded(make: Callable[[], Module], seed: int = SEED) -> Module:
    """An untrained network on the CPU, always with the same weights for a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def train_on(
    network: nn.Module,
    images: Tensor,
    truth: Tensor,
    steps: int,
    *,
    classes: int,
    batch: int,
    mirror: bool,
    seed: int = SEED,
    linear: bool = False,
    tick: Tick = no_tick,
) -> None:
    """Train a network by cross-entropy, with AdamW.

    images: (N, C, H, W), uint8. truth: the classes (N, H, W) of their pixels, or (N,) of the
        images, on the same device.
    classes: the channels of the network's logits; a class without a channel is ignored.
    mirror: mirror half of the images, drawn anew in every step.
    linear: the rate falls linearly, and all images are shown before one is again: networks of
        different seeds come out more alike. Otherwise one cycle, and batches drawn from all images.
    Which images a step shows depends on N and the seed alone.
    """
    optimizer = torch.optim.AdamW(network.parameters(), LINEAR_RATE if linear else RATE)
    schedule = _schedule(optimizer, steps, linear)
    rng = torch.Generator().manual_seed(seed)
    numbers = _draw(len(images), batch, rng, rounds=linear)
    target = truth.long().masked_fill(truth >= classes, -100)
    # With channels last, narrow convolutions take 0.6 of the time.
    network.to(memory_format=torch.channels_last).train()
    with torch.enable_grad():
        for step in range(steps):
            chosen = next(numbers).to(images.device)
            shown, right = images[chosen], target[chosen]
            if mirror:
                shown, right = _mirror_half(shown, right, rng)
            _step(optimizer, schedule, _loss(network, shown, right))
            tick(step + 1, steps, "steps")
    network.to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """The predicted classes on the CPU: (N, H, W) of pixels, or (N,) of images.

    images: (N, C, H, W) in [-1, 1]. Where one is not finite, the class is one past the last.
    """
    device = next(network.parameters()).device
    given = images.detach().to(device, torch.float32)
    logits = network(given.nan_to_num(0).clamp(-1, 1))
    finite = given.isfinite().all(1)
    if logits.dim() == 2:
        finite = finite.flatten(1).all(1)
    classes: Tensor = logits.argmax(1)
    return classes.masked_fill(~finite, logits.shape[1]).cpu()


def _loss(network: nn.Module, images: Tensor, truth: Tensor) -> Tensor:
    shown = from_levels(images).contiguous(memory_format=torch.channels_last)
    return cross_entropy(network(shown), truth)


def _step(optimizer: Optimizer, schedule: LRScheduler, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    schedule.step()


def _schedule(optimizer: Optimizer, steps: int, linear: bool) -> LRScheduler:
    """Linear: up over the first tenth of the steps, then down to 0. Otherwise one cycle."""
    if not linear:
        return OneCycleLR(optimizer, RATE, max(steps, 2))
    rise = max(1, steps // 10)
    return LambdaLR(optimizer, lambda step: min(1, (step + 1) / rise) * (1 - step / steps))


def _draw(count: int, size: int, rng: torch.Generator, rounds: bool) -> Iterator[Tensor]:
    """Numbers of images, without end. With rounds, all are shown before one is again."""
    left = torch.empty(0, dtype=torch.long)
    size = min(size, count)
    while True:
        if len(left) < size or not rounds:
            drawn = torch.randperm(count, generator=rng)
            left = torch.cat([left, drawn]) if rounds else drawn
        yield left[:size]
        left = left[size:]


def conv_block(in_channels: int, out_channels: int) -> nn.Module:
    """Two convolutions of 3 x 3, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        convolution = nn.Conv2d(channels, out_channels, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(out_channels), nn.ReLU()]
    return nn.Sequential(*layers)


def _mirror_half(images: Tensor, truth: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images and their classes, about half of them mirrored."""
    mirrored = (torch.rand(len(images), generator=rng) < 0.5).to(images.device)
    return _mirror(images, mirrored), _mirror(truth, mirrored)


def _mirror(images: Tensor, mirrored: Tensor) -> Tensor:
    """Images (N, ..., W), mirrored where `mirrored` (N,) says so; whole classes (N,) stay."""
    if images.dim() == 1:
        return images
    chosen = mirrored.view(-1, *[1] * (images.dim() - 1))
    return torch.where(chosen, images.flip(-1), images)
