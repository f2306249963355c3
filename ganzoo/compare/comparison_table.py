"""The comparison as a table: a row for each system, a column for each score, baselines below."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganzoo.compare.run_scores import RunScores
from ganzoo.evaluation.few import describe_splits
from ganzoo.evaluation.measuring import Scores
from ganzoo.evaluation.observed import format_observed
from ganzoo.evaluation.tradeoff import Tradeoff
from ganzoo.printing.tabular import as_csv as csv_of
from ganzoo.printing.tabular import markdown_row
from ganzoo.printing.text import one_line

Column = tuple[str, str]  # a score's metric and name; with an empty metric, the size or the speed
SIZE, SPEED = ("", "parameters"), ("", "images / s")
NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """A score's mean over the seeds and, for two or more seeds, its standard deviation.

    interval: for a single seed, the 95 % interval over its samples, if the metric has one.
    """

    mean: float
    deviation: float | None = None
    interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Cell:
        """Compute a cell. The deviation is the sample's, with n - 1; one value has none."""
        several = len(values) > 1
        return cls(statistics.fmean(values), statistics.stdev(values) if several else None)


@dataclass(frozen=True)
class Row:
    """A system with its number of runs, or a baseline, which has none."""

    name: str
    cells: Mapping[Column, Cell]
    runs: int = 0


@dataclass(frozen=True)
class Comparison:
    """A table of scores.

    columns: the scores that occur in any row. rows: the systems in their order, then the baselines.
    conditions: for each metric, the number of samples that it was measured on, and its other
    counts:
        `kid: 200 held-out samples of x and y, images 200`.
    findings: what metrics found in systems, as sentences.
    tradeoffs: the scores of realism and of faithfulness that are set against each other.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    conditions: Sequence[str] = ()
    findings: Sequence[str] = ()
    tradeoffs: Sequence[Tradeoff] = ()


def compare(systems: Mapping[str, Sequence[RunScores]]) -> Comparison:
    """Make the table of a comparison; systems: by name, the scores of each seed."""
    everything = [run for runs in systems.values() for run in runs]
    rows = [_row(name, runs) for name, runs in systems.items()] + _baselines(everything)
    columns = list(dict.fromkeys(column for row in rows for column in row.cells))
    order = {column: place for place, column in enumerate([*columns, SIZE, SPEED])}
    tradeoffs = dict.fromkeys(t for run in everything for t in Tradeoff.read(run.tradeoffs))
    return Comparison(
        sorted(columns, key=order.__getitem__),
        rows,
        _conditions(everything),
        [*_findings(systems)],
        [*tradeoffs],
    )


def _row(name: str, runs: Sequence[RunScores]) -> Row:
    scores = [_model_scores(run.scores) for run in runs]
    columns = dict.fromkeys(column for values in scores for column in values)
    cells = {c: Cell.of([values[c] for values in scores if c in values]) for c in columns}
    if len(runs) == 1:
        cells = {c: replace(cell, interval=_interval(runs[0], c)) for c, cell in cells.items()}
    speeds = [f.images_per_second for f in runs if f.images_per_second is not None]
    cells |= {SIZE: Cell(runs[0].parameters)} if runs else {}
    cells |= {SPEED: Cell.of(speeds)} if speeds else {}
    return Row(name, cells, len(runs))


def _interval(run: RunScores, column: Column) -> tuple[float, float] | None:
    """The interval of a score of the model, whose row is the first of its metric."""
    metric, name = column
    row = next(iter(run.scores[metric]))
    ends = run.intervals.get(metric, {}).get(row, {}).get(name)
    return (ends[0], ends[1]) if ends else None


def _model_scores(scores: Scores) -> dict[Column, float]:
    """The model's scores: the first row of each metric."""
    values: dict[Column, float] = {}
    for metric, rows in scores.items():
        first = _without_counts(next(iter(rows.values()), {}))
        values |= {(metric, name): value for name, value in first.items()}
    return values


def _without_counts(row: Mapping[str, float]) -> dict[str, float]:
    """The scores of a row, without whole numbers, which are counts."""
    return {name: value for name, value in row.items() if not isinstance(value, int)}


def _conditions(runs: Sequence[RunScores]) -> list[str]:
    """The samples and the counts of each metric; equal ones of several runs are listed once."""
    counts_of: dict[str, dict[str, None]] = {}
    for run in runs:
        for metric, rows in run.scores.items():
            on = format_observed(run.observed.get(metric))
            if on:
                counts_of.setdefault(metric, {})[on] = None
            for name, value in next(iter(rows.values()), {}).items():
                if isinstance(value, int):
                    said = f"{name.replace('_', ' ')} {value}"
                    counts_of.setdefault(metric, {})[said] = None
    dealt = dict.fromkeys(describe_splits(run.splits) for run in runs)
    return [
        *(f"{metric}: {', '.join(counts)}" for metric, counts in counts_of.items()),
        *(text for text in dealt if text),
    ]


def _findings(systems: Mapping[str, Sequence[RunScores]]) -> Iterator[str]:
    """What was found in each run: `cyclegan, seed 1: copies: ...`."""
    for name, runs in systems.items():
        for number, run in enumerate(runs):
            system = f"{name}, seed {number}" if len(runs) > 1 else name
            for metric, sentences in run.findings.items():
                yield from (f"{system}: {metric}: {sentence}" for sentence in sentences)


def _baselines(runs: Sequence[RunScores]) -> list[Row]:
    """The baselines of the metrics, each taken from the first run that has it.

    A baseline is a property of the test data, so runs with the same data have the same baselines.
    """
    cells_of: dict[str, dict[Column, Cell]] = {}
    for run in runs:
        for metric, rows in run.scores.items():
            for baseline in list(rows)[1:]:
                cells = cells_of.setdefault(baseline, {})
                for name, value in _without_counts(rows[baseline]).items():
                    cells.setdefault((metric, name), Cell(value))
    return [Row(baseline, cells) for baseline, cells in cells_of.items()]


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
    return ": ".join(word.replace("_", " ") for word in column if word)


def as_markdown(table: Comparison) -> str:
    """The table as Markdown; a cell holds the mean and the deviation."""
    head = ["", *(title(column) for column in table.columns)]
    lines = [markdown_row(head), "|---" + "|---:" * len(table.columns) + "|"]
    for row in table.rows:
        cells = [format_number(column, row.cells.get(column)) for column in table.columns]
        lines.append(markdown_row([row.name, *cells]))
    return "\n".join([*lines, *(f"\n{one_line(each)}" for each in _below(table))]) + "\n"


def _below(table: Comparison) -> list[str]:
    return [*table.conditions, *(f"**{each}**" for each in table.findings)]


def as_csv(table: Comparison) -> str:
    """The table as CSV, not rounded; mean and deviation have separate columns."""
    titles = [title(column) for column in table.columns]
    written: list[Sequence[Any]] = []
    written.append(["system", "runs", *(f"{t}{end}" for t in titles for end in ("", " (std)"))])
    for row in table.rows:
        cells = [row.cells.get(column) for column in table.columns]
        pairs = [(cell.mean, cell.deviation) if cell else (None, None) for cell in cells]
        written.append([row.name, row.runs, *(value for pair in pairs for value in pair)])
    return csv_of(written)
