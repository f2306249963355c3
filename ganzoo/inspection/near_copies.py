"""Which images are copies of others: of equal pixels, or so nearly equal that one was made of one.

Small gray pictures are compared by correlation, so it does not matter whether one is brighter,
larger, compressed or mirrored. Measured on drawn streets, satellite photos, relief maps, noisy and
clean photos and handwritten digits: no two different images of a set correlate by more than 0.98;
copies as JPEG of quality 50, at half the size or 10 % brighter mostly by more than 0.99. Copies
whose borders were cut off by 2 % correlate by 0.95, and are not told from kindred scenes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganzoo.components.metrics.pixel_copies import COLOURS, FINE, unit_rows
from ganzoo.inspection.glance import GRAY, Floats, Glance

# How much two images correlate at least in 16 x 16 gray; at finer sizes, FINE and COLOURS.
COARSE = 0.97
# How many images are compared with all others at once.
BLOCK = 256
# More pairs than anybody looks at.
MOST = 20_000

Levels: TypeAlias = NDArray[np.uint8]
Pair: TypeAlias = tuple[int, int]
"""The numbers of two images, the lower one first."""


@dataclass(frozen=True)
class Copies:
    """Pairs of equal pixels, and of nearly equal ones, possibly once one of them is mirrored."""

    equal: list[Pair]
    near: list[Pair]


def find_copies(digests: Sequence[bytes], glances: Sequence[Glance]) -> Copies:
    """Pairs of copies. Of many equal images, each is paired with the first, and only that one is
    compared further.

    digests: equal for equal pixels.
    """
    first: dict[bytes, int] = {}
    equal = [(first[d], i) for i, d in enumerate(digests) if first.setdefault(d, i) != i]
    unlike = sorted(first.values())
    near = [(unlike[i], unlike[j]) for i, j in _near([glances[i] for i in unlike])]
    return Copies(equal, near)


def _near(glances: Sequence[Glance]) -> list[Pair]:
    if len(glances) < 2:
        return []
    gray, colour = (np.stack([getattr(g, of) for g in glances]) for of in ("gray", "colour"))
    near: set[Pair] = set()
    for grays, colours in ((gray, colour), (gray[:, :, ::-1], colour[:, :, ::-1])):
        for i, j in _candidates(gray, grays):
            alike = _correlation(gray[i], grays[j]) >= FINE
            if alike and _correlation(colour[i], colours[j]) >= COLOURS:
                near.add((i, j))
    return sorted(near)


def _candidates(gray: Levels, others: Levels) -> Iterator[Pair]:
    """At most MOST pairs that correlate in 16 x 16 places."""
    rows, columns = (unit_rows(_halved(each)) for each in (gray, others))
    count = 0
    for start in range(0, len(rows), BLOCK):
        close = rows[start : start + BLOCK] @ columns[start:].T >= COARSE
        for i, j in np.argwhere(np.triu(close, 1)):
            yield start + int(i), start + int(j)
            count += 1
            if count == MOST:
                return


def _halved(gray: Levels) -> Floats:
    """Pictures (N, 32, 32) as rows of 16 x 16 means."""
    half = GRAY // 2
    boxes = gray.reshape(-1, half, 2, half, 2)
    means: Floats = boxes.mean((2, 4), dtype=np.float32).reshape(-1, half * half)
    return means


def _correlation(one: Levels, other: Levels) -> float:
    rows = unit_rows(np.stack([one.ravel(), other.ravel()]).astype(np.float32))
    return float(rows[0] @ rows[1])
