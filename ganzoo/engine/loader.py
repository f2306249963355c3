"""Chooses the samples of each step; they depend on (seed, epoch, sample) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from ganzoo.engine.augmenting import AugmentationStep, augment
from ganzoo.engine.rng import numpy_generator
from ganzoo.engine.workers import Workers, begin_worker
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample
from ganzoo.interfaces.levels import convert_levels, find_level_reader

Key = tuple[int, int]


class TrainingSamples(Dataset[Sample]):
    """Training samples by (epoch, index); a key gives the same sample in every worker.

    Those of data that can give uint8 levels hold levels; `convert_levels` makes images of them.

    stream: a fresh player's name; each stream has its own random numbers.
    steps: augmentations, in their order.
    """

    def __init__(
        self, data: Data, seed: int, stream: str = "", steps: Sequence[AugmentationStep] = ()
    ) -> None:
        self.data, self.seed, self.stream, self.steps = data, seed, stream, steps

    def __getitem__(self, key: Key) -> Sample:
        purpose: tuple[int | str, ...] = (*_purpose_of(self.stream), *key)
        rng = numpy_generator(self.seed, "data", *purpose)
        read = find_level_reader(self.data.train_sample)
        sample: Sample = (
            read(self.data, key[1], rng) if read else self.data.train_sample(key[1], rng)
        )
        return augment(self.steps, sample, self.seed, *purpose)


class ShuffledBatches(Sampler[list[Key]]):
    """Batches `start` to `stop` of an endless sequence of shuffled epochs, as lists of sample keys.

    Each epoch holds every index once. A batch may begin in one epoch and end in the next, so no
    sample is dropped.
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
            rng = numpy_generator(self.seed, "order", *_purpose_of(self.stream), epoch)
            self._order = (epoch, rng.permutation(self.length))
        return epoch, int(self._order[1][place])


def _purpose_of(stream: str) -> tuple[str, ...]:
    """The words that a stream adds to the purpose of its random generators."""
    return (stream,) if stream else ()


def unwrap_worker_error(error: DataError) -> DataError:
    """The error that the data set raised, without the traceback that a worker adds to it."""
    return DataError(str(error).rpartition("DataError: ")[2].strip())


def collate(samples: list[Sample]) -> Sample:
    """A batch of samples; a variable that is levels in some and an image in others is an image."""
    for name in samples[0]:
        if len({getattr(sample[name], "dtype", None) for sample in samples}) > 1:
            samples = [{**sample, **convert_levels({name: sample[name]})} for sample in samples]
    batch: Sample = default_collate(samples)
    return batch


def make_loader(
    data: Data,
    batches: ShuffledBatches,
    workers: int,
    own: Workers,
    steps: Sequence[AugmentationStep] = (),
    pinned: bool = False,
) -> DataLoader[Sample]:
    """Make a loader of these batches; Accelerate distributes them among processes.

    own: keeps account of the worker processes that the loader starts.
    steps: augmentations of the samples, in their order.
    pinned: whether batches are put into pinned memory, from which a GPU fetches them by itself.
    """
    for step in steps:
        step.augmentation.prepare()
    return DataLoader(
        TrainingSamples(data, batches.seed, batches.stream, steps),
        batch_sampler=batches,
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=False,
        worker_init_fn=begin_worker,
        multiprocessing_context=own.context if workers else None,
        pin_memory=pinned,
    )
