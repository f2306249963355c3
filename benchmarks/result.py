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

    repeats: the median seconds of a turn, for each repeat.
    ratios: the baseline's time over its time, for each repeat; none if nothing is compared.
    processor: seconds of all its threads together in a turn.
    peak: of resident memory, in bytes; 0 if it was not measured.
    gpu: the peak of what torch took from a GPU's memory, in bytes; 0 without one.
    items: how many images a turn handles, if that is of interest.
    columns: more of the table, by their headings.
    """

    name: str
    repeats: Sequence[float]
    ratios: Sequence[float] = ()
    processor: float = 0
    peak: int = 0
    gpu: int = 0
    items: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The median time of a turn."""
        return statistics.median(self.repeats)

    def as_json(self) -> dict[str, Any]:
        """All of it, with the medians, as JSON values."""
        ratio = {"ratio": statistics.median(self.ratios)} if self.ratios else {}
        return {"name": self.name, "seconds": self.seconds, **ratio, **asdict(self)}


@dataclass
class Result:
    """A table, and where it comes from.

    settings: what was measured, as far as it is the same for all rows.
    notes: lines below the table.
    """

    title: str
    command: str
    settings: dict[str, Any]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    date: str = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    )
    commit: str = field(default_factory=read_commit)
    machine: dict[str, Any] = field(default_factory=describe_machine)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {**asdict(self), "rows": [row.as_json() for row in self.rows]}


def make_rows(
    turns: Mapping[str, Sequence[Sequence[Turn]]],
    baseline: str | None,
    items: int = 0,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Row]:
    """Rows from the turns of each repeat, by variant.

    baseline: the variant that others are compared with, if they are.
    facts: by variant; their "columns" become columns of the table.
    """
    medians = {name: [_median(repeat) for repeat in repeats] for name, repeats in turns.items()}
    rows = []
    for name, seconds in medians.items():
        base = medians[baseline] if baseline else seconds
        ratios = [b / s for b, s in zip(base, seconds, strict=True)] if baseline else []
        every = [turn for repeat in turns[name] for turn in repeat]
        processor = statistics.median(turn.processor for turn in every)
        columns = (facts or {}).get(name, {}).get("columns", {})
        peak = max(turn.peak for turn in every)
        gpu = max(turn.gpu for turn in every)
        rows.append(Row(name, seconds, ratios, processor, peak, gpu, items, columns))
    return rows


def _median(turns: Sequence[Turn]) -> float:
    return statistics.median(turn.seconds for turn in turns)
