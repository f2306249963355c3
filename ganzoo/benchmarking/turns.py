"""Ways take turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")
Clock = Callable[[], float]
Turn = Callable[[], float]
"""One turn of a way: it returns the seconds that an image took."""
# Seconds between turns, in which threads that still wait for work go to sleep.
REST = 0.02


def time_images(run: Callable[[], object], count: int, clock: Clock = time.perf_counter) -> float:
    """The seconds that one of `count` images takes, which `run` computes one after the other."""
    started = clock()
    for _ in range(count):
        run()
    return (clock() - started) / count


def take_turns(
    turns: Mapping[Key, Turn],
    repeats: int,
    limit: float,
    clock: Clock = time.perf_counter,
    rest: Callable[[float], None] = time.sleep,
) -> dict[Key, list[float]]:
    """Let all take turns, in an order that is reversed from repeat to repeat.

    limit: the seconds after which no further repeat begins; there are at least two.
    Returns by key the seconds of each repeat; a way whose turn raises WayLeftOut is left out.
    """
    seconds: dict[Key, list[float]] = {name: [] for name in turns}
    started = clock()
    for repeat in range(repeats):
        if repeat > 1 and clock() - started > limit:
            break
        names = [name for name in turns if name in seconds]
        for name in names if repeat % 2 == 0 else reversed(names):
            rest(REST)
            try:
                seconds[name].append(turns[name]())
            except WayLeftOut:
                del seconds[name]
    return seconds


class WayLeftOut(Exception):
    """A way cannot go on; why it cannot was written down where it was raised."""


@dataclass(frozen=True)
class MedianRange:
    """A median of repeats, with the least and the largest of them."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> MedianRange:
    """The median of some values, and their range."""
    return MedianRange(statistics.median(values), min(values), max(values))


def ratios(plain: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """How many times as fast as plain eager a way was, repeat by repeat."""
    return [one / other for one, other in zip(plain, seconds, strict=False)]
