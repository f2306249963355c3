"""Chance that belongs to what it is for, never to a worker or the clock.

Every random choice is drawn from a generator seeded by its purpose: data by (seed, epoch, sample),
play by (seed, step, player, rank). So no random state needs saving.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


def derive(*purpose: int | str) -> int:
    """A seed of 63 bits for a purpose; different purposes give unrelated seeds."""
    digest = hashlib.blake2b(repr(purpose).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def numpy_generator(*purpose: int | str) -> np.random.Generator:
    """A NumPy generator for a purpose."""
    return np.random.default_rng(derive(*purpose))


def torch_generator(*purpose: int | str) -> torch.Generator:
    """A torch generator on the CPU for a purpose."""
    return torch.Generator().manual_seed(derive(*purpose))


def seed_torch(*purpose: int | str) -> None:
    """Seed torch's global generators, which dropout and initialisations draw from."""
    torch.manual_seed(derive(*purpose))


@contextmanager
def no_trace(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Run networks without gradient; their modes, running statistics and torch's chance stay."""
    modules = list(networks)
    modes = [(m, m.training) for network in modules for m in network.modules()]
    buffers = [(b, b.clone()) for network in modules for b in network.buffers()]
    with torch.random.fork_rng(_gpus(modules)), torch.no_grad():
        try:
            yield
        finally:
            for buffer, before in buffers:
                buffer.copy_(before)
            for module, mode in modes:
                module.training = mode


def _gpus(networks: Iterable[nn.Module]) -> list[int]:
    """The CUDA devices that the networks are on; torch would take every one there is."""
    tensors = (t for network in networks for t in (*network.parameters(), *network.buffers()))
    return sorted({t.device.index for t in tensors if t.device.type == "cuda"})
