"""Which sample each step sees: a function of (seed, epoch, sample) alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler

from ganzoo.engine.rng import numpy_generator
from ganzoo.engine.workers import Workers, begin_worker
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample

Key = tuple[int, int]


class TrainingSamples(Dataset[Sample]):
    """Training samples by (epoch, index): the same one in any worker, at any time.

    stream: a fresh player's name; each stream has chances of its own.
    """

    def __init__(self, data: Data, seed: int, stream: str = "") -> None:
        self.data, self.seed, self.stream = data, seed, stream

    def __getitem__(self, key: Key) -> Sample:
        chance = numpy_generator(self.seed, "data", *purpose(self.stream), *key)
        return self.data.train_sample(key[1], chance)


class ShuffledBatches(Sampler[list[Key]]):
    """Batches `start` to `stop` of an endless walk: every epoch visits each index once, shuffled.

    A batch may begin in one epoch and end in the next; nothing is dropped.
    """

    drop_last = True

    def __init__(
        self, length: int, batch_size: int, seed: int, start: int, stop: int, stream: str = ""
    ) -> None:
        self.length, self.batch_size, self.seed = length, batch_size, seed
        self.start, self.stop, self.stream = start, stop, stream
        self._order: tuple[int, np.ndarray[Any, Any]] = (-1, np.empty(0))

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[list[Key]]:
        for batch in range(self.start, self.stop):
            first = batch * self.batch_size
            yield [self._key(position) for position in range(first, first + self.batch_size)]

    def _key(self, position: int) -> Key:
        epoch, place = divmod(position, self.length)
        if self._order[0] != epoch:
            chance = numpy_generator(self.seed, "order", *purpose(self.stream), epoch)
            self._order = (epoch, chance.permutation(self.length))
        return epoch, int(self._order[1][place])


def purpose(stream: str) -> tuple[str, ...]:
    """What tells a stream's chances from another's."""
    return (stream,) if stream else ()


def unwrap_worker_error(error: DataError) -> DataError:
    """The error as the data raised it: a loader's worker wraps it in its traceback."""
    return DataError(str(error).rpartition("DataError: ")[2].strip())


def make_loader(
    data: Data, batches: ShuffledBatches, workers: int, own: Workers
) -> DataLoader[Sample]:
    """A loader of those batches; Accelerate shares them out among processes.

    own: where the processes that it starts are noted.
    """
    return DataLoader(
        TrainingSamples(data, batches.seed, batches.stream),
        batch_sampler=batches,
        num_workers=workers,
        persistent_workers=False,
        worker_init_fn=begin_worker,
        multiprocessing_context=own.context if workers else None,
    )
