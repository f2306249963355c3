"""Random generators that are seeded by their purpose, never by a worker or the clock.

A sample's generator is seeded by (seed, epoch, sample), a player's turn by (seed, step, player,
rank). So no checkpoint needs to hold a random state.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn


def derive(*purpose: int | str) -> int:
    """A seed of 63 bits for a purpose. Different purposes have unrelated seeds."""
    digest = hashlib.blake2b(repr(purpose).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def numpy_generator(*purpose: int | str) -> np.random.Generator:
    """A NumPy generator for a purpose."""
    return np.random.default_rng(derive(*purpose))


def torch_generator(*purpose: int | str) -> torch.Generator:
    """A torch generator on the CPU for a purpose."""
    return torch.Generator().manual_seed(derive(*purpose))


def seed_torch(*purpose: int | str) -> None:
    """Seed torch's global generators, which dropout and initialisations draw from.

    As `torch.manual_seed` does, which also writes its caller's stack down for each kind of device
    that is not in use, in half a millisecond.
    """
    seed = derive(*purpose)
    torch.default_generator.manual_seed(seed)
    if (seed_devices := _find_device_seeding()) is not None:
        seed_devices(seed)


@contextmanager
def seeded_torch(*purpose: int | str) -> Iterator[None]:
    """Let torch's global generator of the CPU draw for a purpose; then restore its state."""
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(derive(*purpose))
        yield


@functools.cache
def _find_device_seeding() -> Callable[[int], None] | None:
    """The function that seeds the generators of this machine's accelerators; None without one."""
    if not torch.accelerator.is_available():
        return None
    module: Any = torch.get_device_module(torch.accelerator.current_accelerator())
    seeding: Callable[[int], None] = getattr(module, "manual_seed_all", module.manual_seed)
    return seeding


@contextmanager
def no_trace(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Run without gradient; restore modes, running statistics and torch's random state after it."""
    modules = list(networks)
    modes = [(m, m.training) for network in modules for m in network.modules()]
    buffers = [(b, b.clone()) for network in modules for b in network.buffers()]
    with _own_rng(modules), torch.no_grad():
        try:
            yield
        finally:
            for buffer, before in buffers:
                buffer.copy_(before)
            for module, mode in modes:
                module.training = mode


def keep_rng(device: torch.device) -> AbstractContextManager[None]:
    """Restore torch's random state on the CPU and on that device when the context ends."""
    if device.type in ("cpu", "meta", "mps"):  # torch cannot fork the state of mps
        return torch.random.fork_rng([])
    return torch.random.fork_rng([device], device_type=device.type)


def _own_rng(networks: Iterable[nn.Module]) -> AbstractContextManager[None]:
    """`keep_rng` for the networks' device; torch by itself would fork the state of every device."""
    tensors = (t for network in networks for t in (*network.parameters(), *network.buffers()))
    devices = {t.device for t in tensors if t.device.type not in ("cpu", "meta")}
    return keep_rng(next(iter(devices), torch.device("cpu")))
