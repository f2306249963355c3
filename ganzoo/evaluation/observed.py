"""The number and the kind of distinct items that a score was measured on, as JSON and as text."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganzoo.interfaces import Data

TEST, VALIDATION, HELD_OUT = "test", "validation", "held_out"
TRAINING, GIVEN, DRAWN = "training", "given", "drawn"
# HELD_OUT are all held-out items, also those that chose the model; GIVEN are images that may or may
# not have been used for training.
WORDS = {
    TEST: "test sample",
    VALIDATION: "validation sample",
    HELD_OUT: "held-out sample",
    TRAINING: "training sample",
    GIVEN: "image",
    DRAWN: "draw",
}

Observed = dict[str, dict[str, int]]
"""Counts of items by kind and variable: `{"held_out": {"x": 40}, "training": {"y": 8}}`."""


def count_distinct(names: Collection[str], counts: Mapping[str, int], samples: int) -> int:
    """The number of distinct items that a wire shows; `names` are those that occur in the wire.

    counts: the number of distinct items by variable of the data; other names are latents.
    samples: the number of samples, which is the largest possible result.

    Sample i shows item i % count of each variable. A wire of several variables therefore repeats
    after the least common multiple of their counts. A new draw of a latent does not make an item
    new, but in a wire of latents alone each draw is an item.
    """
    known = [counts[name] for name in names if name in counts]
    return min(samples, math.lcm(*known)) if known else samples


def observed(
    shown: Mapping[str, int],
    counts: Mapping[str, int],
    trained_on: Collection[str],
    split: str = HELD_OUT,
) -> Observed:
    """The number of distinct items that were shown, by kind and variable.

    shown: by name, the number of samples for which it was shown.
    counts, trained_on, split: `test_counts()`, `trained_on()` and `split` of the data.
    """
    items: Observed = {}
    for name, number in shown.items():
        kind = DRAWN if name not in counts else TRAINING if name in trained_on else split
        items.setdefault(kind, {})[name] = min(number, counts.get(name, number))
    return {kind: items[kind] for kind in WORDS if kind in items}


def find_split(data: Data) -> str:
    """What the test items of data are: their `split`, or TRAINING where none is held out."""
    return TRAINING if data.trained_on() >= data.variables.keys() else data.split


def format_observed(observed: Any) -> str:
    """As text: `40 held-out samples of x, 9 of y, 40 draws of z`; "" if nothing is known."""
    tables = observed if isinstance(observed, dict) else {}
    return ", ".join(
        text
        for kind, word in WORDS.items()
        if isinstance(tables.get(kind), dict)
        for text in _format_counts(tables[kind], word)
    )


def format_a_sample(trained_on: Any) -> str:
    """What a row of a picture shows, as text; trained_on: the data's, or anything if unknown."""
    if not isinstance(trained_on, list):
        return "a sample"
    if not trained_on:
        return "a held-out sample"
    are = "is a training image" if len(trained_on) == 1 else "are training images"
    return f"a sample ({_join_by_and(map(str, trained_on))} {are}, for want of held-out ones)"


def _format_counts(counts: Mapping[str, Any], word: str) -> Iterator[str]:
    """Counts of a kind as text, the kind named once: `40 held-out samples of x`, `9 of y`."""
    by_count: dict[int, list[str]] = {}
    for name, count in counts.items():
        if isinstance(count, int):
            by_count.setdefault(count, []).append(name)
    for place, (count, names) in enumerate(by_count.items()):
        kind = "" if place else f" {word}{'' if count == 1 else 's'}"
        yield f"{count}{kind} of {_join_by_and(names)}"


def _join_by_and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
