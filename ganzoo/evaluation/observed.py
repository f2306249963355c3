"""How many distinct items a score was measured on, and of what kind: as JSON and as text."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

HELD_OUT, TRAINING, GIVEN, DRAWN = "held_out", "training", "given", "drawn"
# `given` are images of which nobody knows whether a model was trained on them.
WORDS = {
    HELD_OUT: "held-out sample",
    TRAINING: "training sample",
    GIVEN: "image",
    DRAWN: "draw",
}

Observed = dict[str, dict[str, int]]
"""Distinct items by kind and variable: `{"held_out": {"x": 40}, "training": {"y": 8}}`."""


def distinct(names: Collection[str], counts: Mapping[str, int], samples: int) -> int:
    """How many samples show something new of a wire that is made from these names.

    counts: distinct items by variable of the data; other names are latents.

    Sample i shows item i % count of each variable, so that several repeat together after their
    least common multiple. Another draw of a latent makes no new item of an old one; of latents
    alone each draw is one.
    """
    known = [counts[name] for name in names if name in counts]
    return min(samples, math.lcm(*known)) if known else samples


def observed(
    shown: Mapping[str, int], counts: Mapping[str, int], trained_on: Collection[str]
) -> Observed:
    """The distinct items that were shown, by kind and variable.

    shown: of how many samples each name was shown.
    counts, trained_on: `test_counts()` and `trained_on()` of the data.
    """
    items: Observed = {}
    for name, number in shown.items():
        kind = DRAWN if name not in counts else TRAINING if name in trained_on else HELD_OUT
        items.setdefault(kind, {})[name] = min(number, counts.get(name, number))
    return {kind: items[kind] for kind in WORDS if kind in items}


def format_observed(observed: Any) -> str:
    """`40 held-out samples of x, 9 of y, 40 draws of z`; nothing where that is not known."""
    tables = observed if isinstance(observed, dict) else {}
    return ", ".join(
        text
        for kind, word in WORDS.items()
        if isinstance(tables.get(kind), dict)
        for text in _format(tables[kind], word)
    )


def format_a_sample(trained_on: Any) -> str:
    """What a row of a picture is, by what data say of `trained_on`; neutral where unknown."""
    if not isinstance(trained_on, list):
        return "a sample"
    if not trained_on:
        return "a held-out sample"
    are = "is a training image" if len(trained_on) == 1 else "are training images"
    return f"a sample ({_and(map(str, trained_on))} {are}, for want of held-out ones)"


def _format(counts: Mapping[str, Any], word: str) -> Iterator[str]:
    """The kind is named once: `40 held-out samples of x and c`, then `9 of y`."""
    by_count: dict[int, list[str]] = {}
    for name, count in counts.items():
        if isinstance(count, int):
            by_count.setdefault(count, []).append(name)
    for place, (count, names) in enumerate(by_count.items()):
        kind = "" if place else f" {word}{'' if count == 1 else 's'}"
        yield f"{count}{kind} of {_and(names)}"


def _and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
