"""The comparison as a table: systems down, figures across, what they are compared with below."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganzoo.compare.run_scores import Figures
from ganzoo.evaluation.measuring import Scores
from ganzoo.evaluation.observed import format_observed
from ganzoo.printing.tabular import as_csv as csv_of
from ganzoo.printing.tabular import markdown_row
from ganzoo.printing.text import one_line

Column = tuple[str, str]  # metric and figure; one without a metric is not a score
SIZE, SPEED = ("", "parameters"), ("", "images / s")
NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """A figure over the seeds: their mean and, of two or more, their standard deviation.

    interval: of a single seed, the 95 % one over its samples, where the metric has one.
    """

    mean: float
    deviation: float | None = None
    interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Cell:
        """The deviation is the sample's, with n - 1 (none of one value)."""
        several = len(values) > 1
        return cls(statistics.fmean(values), statistics.stdev(values) if several else None)


@dataclass(frozen=True)
class Row:
    """A system, or what systems are compared with; runs: over how many the figures are taken."""

    name: str
    cells: Mapping[Column, Cell]
    runs: int = 0


@dataclass(frozen=True)
class Comparison:
    """columns: the figures of any row. rows: the systems in their order, then the rest.

    conditions: of what a metric's figures are, and what else they depend on, as it counts them:
        `kid: 200 held-out samples of x and y, images 200`.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    conditions: Sequence[str] = ()


def compare(systems: Mapping[str, Sequence[Figures]]) -> Comparison:
    """Put systems side by side; systems: by name, the figures of each seed."""
    everything = [figures for runs in systems.values() for figures in runs]
    rows = [_row(name, runs) for name, runs in systems.items()] + _references(everything)
    columns = list(dict.fromkeys(column for row in rows for column in row.cells))
    order = {column: place for place, column in enumerate([*columns, SIZE, SPEED])}
    return Comparison(sorted(columns, key=order.__getitem__), rows, _conditions(everything))


def _row(name: str, runs: Sequence[Figures]) -> Row:
    scores = [_model_scores(figures.scores) for figures in runs]
    columns = dict.fromkeys(column for found in scores for column in found)
    cells = {c: Cell.of([found[c] for found in scores if c in found]) for c in columns}
    if len(runs) == 1:
        cells = {c: replace(cell, interval=_interval(runs[0], c)) for c, cell in cells.items()}
    speeds = [f.images_per_second for f in runs if f.images_per_second is not None]
    cells |= {SIZE: Cell(runs[0].parameters)} if runs else {}
    cells |= {SPEED: Cell.of(speeds)} if speeds else {}
    return Row(name, cells, len(runs))


def _interval(figures: Figures, column: Column) -> tuple[float, float] | None:
    """Of the model's row, which is the first."""
    metric, figure = column
    row = next(iter(figures.scores[metric]))
    found = figures.intervals.get(metric, {}).get(row, {}).get(figure)
    return (found[0], found[1]) if found else None


def _model_scores(scores: Scores) -> dict[Column, float]:
    """Of each metric the first row, which is the model's."""
    found: dict[Column, float] = {}
    for metric, rows in scores.items():
        first = _figures(next(iter(rows.values()), {}))
        found |= {(metric, figure): value for figure, value in first.items()}
    return found


def _figures(row: Mapping[str, float]) -> dict[str, float]:
    """What is measured; whole numbers are counts."""
    return {figure: value for figure, value in row.items() if not isinstance(value, int)}


def _conditions(runs: Sequence[Figures]) -> list[str]:
    """The samples and the counts of each metric, once if all runs have the same."""
    found: dict[str, dict[str, None]] = {}
    for figures in runs:
        for metric, rows in figures.scores.items():
            on = format_observed(figures.observed.get(metric))
            if on:
                found.setdefault(metric, {})[on] = None
            for name, value in next(iter(rows.values()), {}).items():
                if isinstance(value, int):
                    said = f"{name.replace('_', ' ')} {value}"
                    found.setdefault(metric, {})[said] = None
    return [f"{metric}: {', '.join(counts)}" for metric, counts in found.items()]


def _references(runs: Sequence[Figures]) -> list[Row]:
    """What the metrics compare a model with, from the first run that shows it.

    It is a property of the test data: runs differ in it only where their data do.
    """
    found: dict[str, dict[Column, Cell]] = {}
    for figures in runs:
        for metric, rows in figures.scores.items():
            for name in list(rows)[1:]:
                cells = found.setdefault(name, {})
                for figure, value in _figures(rows[name]).items():
                    cells.setdefault((metric, figure), Cell(value))
    return [Row(name, cells) for name, cells in found.items()]


def format_number(column: Column, cell: Cell | None, sign: str = " ± ") -> str:
    """`0.871 ± 0.012`, `0.871 [0.853, 0.889]`, `1.23 M`, or a dash."""
    if cell is None:
        return NOTHING
    if column == SIZE:
        return f"{cell.mean / 1e6:.2f} M"
    digits = 1 if abs(cell.mean) >= 10 else 3
    beside = "" if cell.deviation is None else f"{sign}{cell.deviation:.{digits}f}"
    if cell.interval:
        low, high = cell.interval
        beside = f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{cell.mean:.{digits}f}{beside}"


def title(column: Column) -> str:
    """`labels: pixel accuracy`."""
    return ": ".join(part.replace("_", " ") for part in column if part)


def as_markdown(table: Comparison) -> str:
    """A table for a page; every cell holds the deviation beside its mean."""
    head = ["", *(title(column) for column in table.columns)]
    lines = [markdown_row(head), "|---" + "|---:" * len(table.columns) + "|"]
    for row in table.rows:
        cells = [format_number(column, row.cells.get(column)) for column in table.columns]
        lines.append(markdown_row([row.name, *cells]))
    return "\n".join([*lines, *(f"\n{one_line(each)}" for each in table.conditions)]) + "\n"


def as_csv(table: Comparison) -> str:
    """For a spreadsheet: unrounded, mean and deviation in columns of their own."""
    titles = [title(column) for column in table.columns]
    written: list[Sequence[Any]] = []
    written.append(["system", "runs", *(f"{t}{end}" for t in titles for end in ("", " (std)"))])
    for row in table.rows:
        cells = [row.cells.get(column) for column in table.columns]
        pairs = [(cell.mean, cell.deviation) if cell else (None, None) for cell in cells]
        written.append([row.name, row.runs, *(value for pair in pairs for value in pair)])
    return csv_of(written)
