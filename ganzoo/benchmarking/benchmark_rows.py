"""The rows of a benchmark: a size of images by a way to compute them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ganzoo.benchmarking.turns import MedianRange, ratios, spread
from ganzoo.benchmarking.ways import Way

NOT_REACHED = "not measured: the benchmark was stopped before"
DASH = "–"
COLUMNS = (
    *("size", "engine", "precision", "ms an image", "times as fast", "images a second"),
    *("peak memory", "largest difference"),
)


@dataclass
class BenchmarkRow:
    """What was measured of a way at a size.

    side: px of the square images; None for a model that takes none.
    milliseconds: of one image. times_as_fast: as plain eager, repeat by repeat.
    images_a_second: of a folder: several at a time, where `translate` computes them so.
    peak_bytes: the most that the way's process held while it computed an image.
    largest_difference: to plain eager's results, which lie in [-1, 1].
    score: of the recipe's first metric. reason: why the row, or its score, is not whole.
    """

    side: int | None
    way: Way
    milliseconds: MedianRange | None = None
    times_as_fast: MedianRange | None = None
    images_a_second: float | None = None
    peak_bytes: int | None = None
    largest_difference: float | None = None
    score: float | None = None
    reason: str = NOT_REACHED

    def take_times(self, seconds: Sequence[float], plain: Sequence[float]) -> None:
        """Take the seconds of an image in each repeat, and those of plain eager."""
        self.milliseconds = spread([1000 * each for each in seconds])
        if len(plain) == len(seconds):
            self.times_as_fast = spread(ratios(plain, seconds))
        self.images_a_second = 1000 / self.milliseconds.median
        self.reason = ""

    @property
    def name(self) -> str:
        """The row in words: "256 px, openvino, bf16"."""
        size = [] if self.side is None else [f"{self.side} px"]
        return ", ".join([*size, self.way.name, self.way.precision])

    def as_json(self) -> dict[str, Any]:
        """For programs; null where something was not measured."""
        values = {k: v for k, v in asdict(self).items() if k != "way"}
        return {"engine": self.way.name, "precision": self.way.precision, **values}

    def cells(self) -> list[str]:
        """The row of a table, without the score."""
        return [
            DASH if self.side is None else f"{self.side} px",
            self.way.name,
            self.way.precision,
            _with_range(self.milliseconds, 3),
            _with_range(self.times_as_fast, 3),
            _rounded(self.images_a_second, 3),
            DASH if self.peak_bytes is None else f"{self.peak_bytes / 1e6:,.0f} MB",
            DASH if self.largest_difference is None else f"{self.largest_difference:.1e}",
        ]


def table_of(rows: Sequence[BenchmarkRow], score: str) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table; score: the name of the metric's score, "" without one."""
    head = [*COLUMNS, *([score] if score else [])]
    return head, [[*row.cells(), *([_rounded(row.score, 4)] if score else [])] for row in rows]


def explain(rows: Sequence[BenchmarkRow], remarks: Sequence[str]) -> list[str]:
    """Below the table: why rows are not whole, each reason once, and remarks."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.reason:
            reasons.setdefault(row.reason, []).append(row.name)
    return [*(f"{'; '.join(names)}: {reason}" for reason, names in reasons.items()), *remarks]


def as_json(
    facts: Mapping[str, Any], rows: Sequence[BenchmarkRow], score: str, remarks: Sequence[str]
) -> dict[str, Any]:
    """All of a benchmark, for programs."""
    listed = [row.as_json() for row in rows]
    return {**facts, "score": score or None, "rows": listed, "remarks": [*remarks]}


def _with_range(value: MedianRange | None, digits: int) -> str:
    if value is None:
        return DASH
    ends = f"{_rounded(value.low, digits)}-{_rounded(value.high, digits)}"
    return f"{_rounded(value.median, digits)} ({ends})"


def _rounded(value: float | None, digits: int) -> str:
    """So many digits, without an exponent."""
    if value is None:
        return DASH
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return f"{value:.{max(0, digits - whole)}f}"
