"""Whether the batches ever change, noted on the device and read back with the losses."""

from __future__ import annotations

import functools
from copy import deepcopy

import torch
from torch import Tensor

from ganzoo.engine.expressions import Values
from ganzoo.engine.rng import torch_generator
from ganzoo.interfaces import Latent, Variable

POINTS = 1024  # values of a batch that are compared
GOLDEN = (5**0.5 - 1) / 2


class Batches:
    """Compares some values of each batch with the last one's.

    A batch is all that this process is given at once: one image that comes in every batch, among
    others, is not noticed.
    """

    def __init__(self) -> None:
        self.last: dict[str, Tensor] = {}
        self.changed: dict[str, Tensor] = {}

    def see(self, batch: Values) -> None:
        """Take in the next batch (N, ...) of each variable."""
        for name, value in batch.items():
            if isinstance(value, Tensor):
                self._compare(name, _thinned(value))

    def unchanged(self) -> list[str]:
        """The variables that were the same in all batches since they were last asked for."""
        found = [name for name, changed in self.changed.items() if not bool(changed)]
        self.changed = {}
        return found

    def _compare(self, name: str, now: Tensor) -> None:
        before = self.last.get(name)
        self.last[name] = now
        if before is not None:
            alike = before.shape == now.shape
            changed = (before != now).any() if alike else torch.ones_like(now[0], dtype=torch.bool)
            self.changed[name] = self.changed[name] | changed if name in self.changed else changed


def _thinned(value: Tensor) -> Tensor:
    """A copy of some of its values, from everywhere."""
    flat = value.detach().reshape(-1)
    return flat[_places(len(flat), flat.device)] if len(flat) > POINTS else flat.clone()


@functools.lru_cache(maxsize=32)
def _places(count: int, device: torch.device) -> Tensor:
    """Which of so many values are compared: always the same.

    Multiples of the golden ratio fall in step with no row or column: every n-th value would be one
    column of all images, as often black as not.
    """
    shares = torch.arange(POINTS, dtype=torch.float64) * GOLDEN % 1
    return (shares * count).long().to(device)


def constant(latents: dict[str, Latent], variables: dict[str, Variable]) -> list[str]:
    """The latents that are the same whatever is drawn."""
    found = []
    for name, latent in deepcopy(latents).items():
        shape = 8, *variables[name].shape
        drawn = torch.cat([latent.draw(shape, torch_generator("alarms", n)) for n in range(2)])
        if variables[name].classes != 1 and bool((drawn == drawn[0]).all()):
            found.append(name)
    return found
