"""Inception v3 with random weights whose features are as large as those of the trained one.

The trained weights cannot be had without a download, and any weights will do to compare two
implementations, as long as differences show: with weights as torch draws them, features are 1e-8.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3


def write_random_inception(path: Path, seed: int = 0) -> None:
    """Write a file of random weights, in the form in which torch-fidelity publishes the trained.

    Batch norms hold the statistics of random images, so that each layer's outputs are of variance
    1, and the last layer is as sure of classes as the trained one.
    """
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _build()
    network.fc.weight.mul_(8)
    _spread(network, lambda levels: network(levels), rng, sides=(32, 64, 128, 256))
    torch.save(network.state_dict(), path)


@torch.no_grad()
def _spread(
    network: nn.Module,
    show: Callable[[Tensor], object],
    rng: torch.Generator,
    scale: float = 1.0,
    sides: Sequence[int] = (64, 64),
) -> None:
    """Draw weights, and let batch norms learn the statistics of random images.

    show: lets the network see images of levels. scale: of what batch norms give.
    sides: of a batch of these images each.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            spread = module.weight[0].numel() ** -0.5
            module.weight.copy_(spread * torch.randn(module.weight.shape, generator=rng))
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean of all batches
            module.weight.fill_(scale)
            module.bias.copy_(0.3 * scale * torch.randn(module.bias.shape, generator=rng))
    network.train()
    for side in sides:
        show(_draw(rng, side))
    network.eval()


def write_random_alexnet(path: Path, seed: int = 0) -> None:
    """Write a file of random weights with torchvision's names, as LPIPS takes them."""
    from torchvision.models import alexnet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.save(alexnet(weights=None).state_dict(), path)


def write_random_small(path: Path, name: str, seed: int = 0) -> None:
    """Write a file of random weights of a network of timm's."""
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = timm.create_model(name)
    rng = torch.Generator().manual_seed(seed)
    _spread(network, lambda levels: network(levels / 127.5 - 1), rng, 0.3)
    torch.save(network.state_dict(), path)


def _build() -> Any:
    class Unloaded(FeatureExtractorInceptionV3):  # type: ignore[misc]
        def load_state_dict(self, *_: object) -> None:
            """Stay as drawn."""

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    return Unloaded("inception-v3-compat", ["2048"], nothing)


def _draw(rng: torch.Generator, side: int) -> Tensor:
    """Images (8, 3, side, side) of 8 bits: coarse and fine random structure."""
    cell, shape = side // 4, (8, 3, side, side)
    coarse = torch.rand(8, 3, 4, 4, generator=rng)
    coarse = coarse.repeat_interleave(cell, 2).repeat_interleave(cell, 3)
    fine = torch.rand(shape, generator=rng)
    share = torch.linspace(0.6, 1, 8)[:, None, None, None] if side != 64 else 0.7
    return (255 * (share * coarse + (1 - share) * fine)).to(torch.uint8)
