"""A discriminator's memory of past fakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces import Buffer

Pieces = tuple[Tensor, ...]


class History(Buffer):
    """Half of the fakes that a discriminator sees are past ones (Shrivastava et al. 2017).

    arXiv:1612.07828, sec. 2.3. At first every sample is stored and shown. Once the history is full,
    each new sample is shown with probability 1/2; otherwise it replaces a random stored sample,
    which is shown instead. The samples of a batch are handled one after the other: a sample may be
    replaced by one that was stored just before.

    size: how many samples are stored; 50 in Zhu et al. 2017, arXiv:1703.10593.

    Raises:
        ValueError: size is less than 1.
    """

    def __init__(self, size: int = 50) -> None:
        if size < 1:
            raise ValueError(f"size is {size}: leave the buffer out instead")
        self.size = size
        self.samples: list[Pieces] = []

    def draw(self, fakes: tuple[Tensor, ...], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Swap fakes, tensors (N, ...), for past ones; the result is detached.

        Raises:
            ValueError: the fakes differ in shape from the stored ones.
        """
        fakes = tuple(fake.detach() for fake in fakes)
        self._refuse_other_shapes(fakes)
        drawn = [self._swap(sample, rng) for sample in zip(*fakes, strict=True)]
        return tuple(torch.stack(pieces) for pieces in zip(*drawn, strict=True))

    def state(self) -> dict[str, Tensor]:
        """The stored samples: "0", "1" ... hold the stacked tensors at that place of a sample."""
        columns = zip(*self.samples, strict=True)
        return {str(i): torch.stack(column) for i, column in enumerate(columns)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up a saved state; of more than `size` samples, the first are taken."""
        columns = [state[str(i)][: self.size].clone() for i in range(len(state))]
        self.samples = list(zip(*columns, strict=True))

    def _swap(self, sample: Pieces, rng: np.random.Generator) -> Pieces:
        if len(self.samples) < self.size:
            self.samples.append(_copy(sample))
            return sample
        if rng.random() < 0.5:
            return sample
        place = int(rng.integers(self.size))
        past, self.samples[place] = self.samples[place], _copy(sample)
        # A restored sample may be on another device.
        return tuple(old.to(new) for old, new in zip(past, sample, strict=True))

    def _refuse_other_shapes(self, fakes: Pieces) -> None:
        new = [tuple(fake.shape[1:]) for fake in fakes]
        stored = [tuple(piece.shape) for piece in self.samples[0]] if self.samples else new
        if new != stored:
            raise ValueError(
                f"samples of {new} do not fit a history of {stored}: use images of one size"
            )


def _copy(sample: Pieces) -> Pieces:
    """A copy with memory of its own: a slice would keep its whole batch in memory."""
    return tuple(piece.clone() for piece in sample)
