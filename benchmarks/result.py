"""What was measured: medians, ratios within the repeats, and what they were measured on."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.machine import describe_machine, read_commit
from benchmarks.turns import Turn


@dataclass(frozen=True)
class Row:
    """A variant's times.

    seconds: the median over the repeats of a turn's median.
    ratio: the baseline's time over its time: the median over the repeats, and the extremes.
    processor: seconds of all its threads together.
    peak: of resident memory, in bytes.
    items: what is done in one turn (images), if that is of interest.
    """

    name: str
    seconds: float
    ratio: float
    ratio_from: float
    ratio_to: float
    processor: float
    peak: int
    items: int = 0
    repeats: list[float] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Result:
    """A table, and where it comes from.

    settings: what was measured, as far as it is the same for all rows.
    """

    title: str
    command: str
    settings: dict[str, Any]
    rows: list[Row]
    date: str = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    )
    commit: str = field(default_factory=read_commit)
    machine: dict[str, Any] = field(default_factory=describe_machine)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)


def make_rows(
    turns: Mapping[str, Sequence[Sequence[Turn]]],
    baseline: str,
    items: int = 0,
    facts: Mapping[str, dict[str, Any]] | None = None,
) -> list[Row]:
    """Rows from the turns of each repeat, by variant.

    baseline: the variant that others are compared with.
    """
    base = [_median_seconds(repeat) for repeat in turns[baseline]]
    rows = []
    for name, repeats in turns.items():
        seconds = [_median_seconds(repeat) for repeat in repeats]
        ratios = [b / s for b, s in zip(base, seconds, strict=True)]
        all_turns = [turn for repeat in repeats for turn in repeat]
        rows.append(
            Row(
                name,
                statistics.median(seconds),
                statistics.median(ratios),
                min(ratios),
                max(ratios),
                statistics.median(turn.processor for turn in all_turns),
                max(turn.peak for turn in all_turns),
                items,
                seconds,
                (facts or {}).get(name, {}),
            )
        )
    return rows


def _median_seconds(turns: Sequence[Turn]) -> float:
    return statistics.median(turn.seconds for turn in turns)
