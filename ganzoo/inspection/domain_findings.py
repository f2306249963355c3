"""Findings about two kinds of images: test folders that are swapped, or x and y that are alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ganzoo.inspection.fact_reading import Entry, Gallery
from ganzoo.inspection.finding import Finding
from ganzoo.inspection.glance import Floats
from ganzoo.inspection.telling_apart import Classify, fit, held_out_accuracy

# With fewer images nothing is said: so many to learn from, of each kind, and to classify.
FEWEST, FEWEST_TESTS = 20, 5
# How often the kinds are told apart if they can be told apart at all, and the share of a folder's
# images that must be taken for the other kind.
SURE, WRONG = 0.8, 0.8
STATISTICS = "colours, contrast and texture"


def domain_findings(gallery: Gallery) -> Iterator[Finding]:
    """Whether x and y are told apart by simple statistics, and whether test images agree."""
    x, y = (_statistics(gallery.entries(name, held_out=False)) for name in ("x", "y"))
    if min(len(x), len(y)) < FEWEST:
        return
    accuracy = held_out_accuracy(x, y)
    if accuracy < 0.5 + max(0.05, 1 / math.sqrt(len(x) + len(y))):
        yield _alike(gallery, accuracy)
    elif accuracy >= SURE:
        yield from _swapped(gallery, fit(x, y))


def _statistics(entries: list[Entry]) -> Floats:
    if not entries:
        return np.empty((0, 1), np.float32)
    return np.stack([each.glance.statistics for each in entries])


def _alike(gallery: Gallery, accuracy: float) -> Finding:
    text = (
        f"x and y look like one kind of images: by {STATISTICS}, {accuracy:.0%} are put where they "
        "belong, and 50% would be by chance"
    )
    advice = "see that each folder holds what it should; --sheet FILE.png shows some of each"
    return Finding("alike", "note", text, advice=advice)


def _swapped(gallery: Gallery, classify: Classify) -> Iterator[Finding]:
    """Test folders whose images look like the other kind's training images."""
    wrong: dict[str, float] = {}
    for name, sign in (("x", 1), ("y", -1)):
        tests = _statistics(gallery.entries(name, held_out=True))
        if len(tests) >= FEWEST_TESTS:
            wrong[name] = float(np.mean(sign * classify(tests) > 0))
    bad = [name for name, share in wrong.items() if share >= WRONG]
    if len(bad) == 2:
        text = "the test folders are swapped: images in that of x look like y, and the other way"
        yield Finding("swapped", "warning", f"{text} round", advice=_exchange(gallery))
    elif bad:
        name, other = bad[0], "y" if bad == ["x"] else "x"
        text = (
            f"{wrong[name]:.0%} of the test images of {name} look rather like {other}, by "
            f"{STATISTICS}"
        )
        advice = "see that they lie in the right folder; --sheet FILE.png shows some of each"
        yield Finding("test_unlike", "note", text, advice=advice)


def _exchange(gallery: Gallery) -> str:
    tests = [gallery.contents.subset(name, held_out=True) for name in ("x", "y")]
    names = [subset.name for subset in tests if subset]
    if len(names) < 2:
        return "exchange x and y in them"
    return f"rename the folders, or: --set data.test_x={names[1]} --set data.test_y={names[0]}"
