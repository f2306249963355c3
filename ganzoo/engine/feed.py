"""What each step of a training is played on: its numbers, and the streams of batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accelerate import Accelerator

from ganzoo.engine.expressions import Values
from ganzoo.engine.loader import ShuffledBatches, make_loader
from ganzoo.engine.player import Player
from ganzoo.engine.step import SHARED, stream_of
from ganzoo.engine.workers import Workers
from ganzoo.interfaces import Data


@dataclass(frozen=True)
class Timetable:
    """The numbers of a training, all in steps.

    batch_size: samples a micro-batch in each process; accumulate: micro-batches a step.
    every: how often to log, draw samples and write a checkpoint.
    image_counts: images an epoch and a step, from which other durations follow.
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


def walk_batches(
    data: Data,
    table: Timetable,
    done: int,
    accelerator: Accelerator,
    workers: Workers,
    player: Player | None,
) -> Iterator[Values]:
    """A stream's batches after `done` steps; a fresh player's begin where it moves.

    player: whose stream it is; None is all players' own. workers: where processes are noted.
    """
    every = player.update_interval.every if player else 1
    a_turn = table.accumulate * int(accelerator.num_processes)
    start, stop = done // every * a_turn, table.steps // every * a_turn
    stream = stream_of(player) if player else SHARED
    batches = ShuffledBatches(len(data), table.batch_size, table.seed, start, stop, stream)
    return iter(accelerator.prepare(make_loader(data, batches, table.workers, workers)))
