"""The facts of one domain, from its images as they were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np

from ganzoo.components.data.image_listing import shown
from ganzoo.components.metrics.pixel_copies import unit_rows
from ganzoo.inspection.file_findings import used_share
from ganzoo.interfaces.data_fingerprint import DomainFacts, Size
from ganzoo.planning.close_up import DETAIL, CloseUp
from ganzoo.planning.looked_at import LookedAt

# Images are label maps if a typical one has so few colours, so many neighbours are equal, and all
# of those that were looked at have so few colours together.
FEW_COLOURS, FLAT, PALETTE = 64, 0.6, 256

Value = TypeVar("Value", bound=int | str)


def describe_domain(domain: LookedAt, copies: tuple[int, int], spread: float | None) -> DomainFacts:
    """The facts of a domain.

    copies: how many of its images are equal, and nearly equal, to an earlier one.
    spread: the distance of its two halves.
    """
    facts, close_ups = domain.facts, domain.close_ups
    sizes = sorted(domain.sizes, key=lambda size: (size[0] * size[1], size))
    low, high = min(each.low for each in facts), max(each.high for each in facts)
    dtype = _usual(each.dtype for each in facts)
    return DomainFacts(
        folder=shown(domain.folder),
        images=len(sizes),
        held_out=domain.held_out,
        suffix=_usual(_suffix(each.path) for each in facts),
        unreadable=domain.unreadable,
        looked_at=len(facts),
        smallest=sizes[0],
        median=sizes[len(sizes) // 2],
        largest=sizes[-1],
        aspects=_find_aspects(sizes),
        kind=_usual(each.kind for each in facts),
        channels=_usual(each.bands for each in facts),
        dtype=dtype,
        bits=_count_bits(dtype, low, high, close_ups),
        values=(low, high),
        used=used_share(facts),
        range=domain.range,
        pages=_usual(each.pages for each in facts),
        colours=int(median(each.colours for each in close_ups)),
        flat=median(each.flat for each in close_ups),
        noise=median(each.noise for each in close_ups),
        label_map=_are_label_maps(close_ups),
        saturation=float(np.mean([each.saturation for each in close_ups])),
        duplicates=copies[0],
        near_duplicates=copies[1],
        detail={str(side): median(each.detail[side] for each in close_ups) for side in DETAIL},
        likeness=_likeness(domain),
        spread=spread,
    )


def _find_aspects(sizes: Sequence[Size]) -> tuple[float, float, float]:
    """The least, the median and the greatest width / height."""
    aspects = sorted(width / height for height, width in sizes)
    return aspects[0], aspects[len(aspects) // 2], aspects[-1]


def _suffix(path: Path) -> str:
    ends = [each.lower() for each in path.suffixes[-2:]]
    return "".join(ends if ends and ends[-1] == ".gz" else ends[-1:])


def _usual(values: Iterable[Value]) -> Value:
    """The commonest of some values; of equally common ones, the least."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _count_bits(dtype: str, low: float, high: float, close_ups: Sequence[CloseUp]) -> int:
    """The bits between the lowest and the highest that are used; of other types, all."""
    if "int" not in dtype or low < 0:
        return 8 * np.dtype(dtype).itemsize
    used = int(high)
    for each in close_ups:
        used |= each.bits
    lowest = used & -used if all(each.bits for each in close_ups) else 1
    return max(1, used.bit_length() - lowest.bit_length() + 1)


def _are_label_maps(close_ups: Sequence[CloseUp]) -> bool:
    colours = median(each.colours for each in close_ups)
    flat = median(each.flat for each in close_ups)
    if colours > FEW_COLOURS or flat < FLAT:
        return False
    return len(np.unique(np.concatenate([each.palette for each in close_ups]))) <= PALETTE


def _likeness(domain: LookedAt) -> float:
    """The mean correlation of two different images, as small gray pictures."""
    count = len(domain.entries)
    if count < 2:
        return 1.0
    gray = np.stack([each.glance.gray.ravel() for each in domain.entries])
    rows = unit_rows(gray.astype(np.float32)).astype(np.float64)
    own = float((rows**2).sum())
    return float(((rows.sum(0) ** 2).sum() - own) / (count * (count - 1)))
