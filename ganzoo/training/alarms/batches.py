"""Whether the training data ever change from step to step.

The comparison stays on the device; it is read back when losses are.
"""

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


class BatchComparison:
    """Compares up to 1024 values of each batch with those of the batch before.

    A batch is compared as a whole: one image that is in every batch, among others that change, is
    not noticed. Only this process's share of the data is compared.
    Checkpoints hold `last` and `changed` under these names.
    """

    def __init__(self) -> None:
        self.last: dict[str, Tensor] = {}
        self.changed: dict[str, Tensor] = {}

    def add(self, batch: Values) -> None:
        """Compare the next batch, (N, ...) by variable, with the one before."""
        for name, value in batch.items():
            if isinstance(value, Tensor):
                self._compare(name, _pick_values(value))

    def take_unchanged(self) -> list[str]:
        """The variables that were the same in all batches since the last call."""
        unchanged = [name for name, changed in self.changed.items() if not bool(changed)]
        self.changed = {}
        return unchanged

    def _compare(self, name: str, now: Tensor) -> None:
        before = self.last.get(name)
        self.last[name] = now
        if before is not None:
            alike = before.shape == now.shape
            changed = (before != now).any() if alike else torch.ones_like(now[0], dtype=torch.bool)
            self.changed[name] = self.changed[name] | changed if name in self.changed else changed


def _pick_values(value: Tensor) -> Tensor:
    """A copy of at most 1024 of its values, spread over all of it."""
    flat = value.detach().reshape(-1)
    return flat[_positions(len(flat), flat.device)] if len(flat) > POINTS else flat.clone()


@functools.lru_cache(maxsize=32)
def _positions(count: int, device: torch.device) -> Tensor:
    """The indices (1024,) of the values that are compared, of `count`; always the same.

    They are fractional parts of multiples of the golden ratio, which never line up with rows or
    columns. Every n-th value could be one column of all images, and that is often a black border.
    """
    fractions = torch.arange(POINTS, dtype=torch.float64) * GOLDEN % 1
    return (fractions * count).long().to(device)


def find_constant_latents(latents: dict[str, Latent], variables: dict[str, Variable]) -> list[str]:
    """The names of latents whose draws are all the same."""
    constant = []
    for name, latent in deepcopy(latents).items():
        shape = 8, *variables[name].shape
        drawn = torch.cat([latent.draw(shape, torch_generator("alarms", n)) for n in range(2)])
        if variables[name].classes != 1 and bool((drawn == drawn[0]).all()):
            constant.append(name)
    return constant
