"""The durations of a training in steps, and the streams of batches that feed its steps."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from accelerate import Accelerator

from ganzoo.engine.augmenting import AugmentationStep
from ganzoo.engine.expressions import Values
from ganzoo.engine.loader import ShuffledBatches, make_loader
from ganzoo.engine.player import Player
from ganzoo.engine.step import SHARED, Draws, is_turn, stream_of
from ganzoo.engine.workers import Workers
from ganzoo.interfaces import Data
from ganzoo.interfaces.levels import convert_levels, find_level_reader


@dataclass(frozen=True)
class Timetable:
    """The length of a training, the size of its batches, and the intervals of what happens in it.

    steps, log_every, samples_every, checkpoint_every: in steps.
    batch_size: samples per micro-batch in each process.
    accumulate: micro-batches per step.
    image_counts: images per epoch and images per step, to convert other durations into steps.
    """

    steps: int
    batch_size: int
    accumulate: int
    seed: int
    workers: int
    log_every: int
    samples_every: int
    checkpoint_every: int
    image_counts: tuple[int, int] = (1, 1)


def draws(
    players: Sequence[Player],
    data: Data,
    table: Timetable,
    done: int,
    accelerator: Accelerator,
    workers: Workers,
    steps: Sequence[AugmentationStep] = (),
) -> Generator[Draws, None, None]:
    """The micro-batches that a process plays each step on, from step `done` to the last.

    workers: keeps account of the processes that load data.
    steps: augmentations of the samples, in their order.
    """

    def stream(player: Player | None) -> Iterator[Values]:
        return walk_batches(data, table, done, accelerator, workers, player, steps)

    def draw(batches: Iterator[Values]) -> list[Values]:
        return [next(batches) for _ in range(table.accumulate)]

    fresh = [player for player in players if player.update_interval.fresh]
    streams = {stream_of(player): (player, stream(player)) for player in fresh}
    common = stream(None)
    for step in range(done, table.steps):
        shared = {SHARED: draw(common)}
        due = {name: own for name, (player, own) in streams.items() if is_turn(player, step)}
        yield shared | {name: draw(own) for name, own in due.items()}


def walk_batches(
    data: Data,
    table: Timetable,
    done: int,
    accelerator: Accelerator,
    workers: Workers,
    player: Player | None,
    steps: Sequence[AugmentationStep] = (),
) -> Iterator[Values]:
    """The batches of a stream for the steps after `done`.

    player: the fresh player that owns the stream; the stream has batches for its turns only.
        None: the stream that all other players share.
    workers: keeps account of the processes that load samples.
    steps: augmentations of the samples, in their order.
    """
    every = player.update_interval.every if player else 1
    a_turn = table.accumulate * int(accelerator.num_processes)
    start, stop = done // every * a_turn, table.steps // every * a_turn
    stream = stream_of(player) if player else SHARED
    batches = ShuffledBatches(len(data), table.batch_size, table.seed, start, stop, stream)
    pinned = accelerator.device.type == "cuda"
    loader = make_loader(data, batches, table.workers, workers, steps, pinned)
    loaded = iter(accelerator.prepare(loader))
    return map(convert_levels, loaded) if find_level_reader(data.train_sample) else loaded
