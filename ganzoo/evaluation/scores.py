"""Prints scores and their intervals as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ganzoo.evaluation.observed import format_observed
from ganzoo.printing.text import one_line, visible

WIDEST = 10_000
Rows = Mapping[str, Mapping[str, Any]]


def print_scores(
    scores: Mapping[str, Rows],
    observed: Mapping[str, Any],
    console: Console,
    intervals: Mapping[str, Rows] | None = None,
    others: Sequence[tuple[str, Mapping[str, Any]]] = (),
    findings: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Print a table for each metric: the model's row first, then those of its baselines.

    A count that is equal in all rows, such as the size of the images, is printed below the table.

    observed: by metric, the number and the kind of distinct items that it was measured on.
    others: other evaluations of the run, each with the name of its row below the model's.
    findings: by metric, sentences that are printed below its table.
    """
    for name, rows in scores.items():
        ends: Rows = (intervals or {}).get(name, {})
        ends = _insert_rows(ends, others, "intervals", name)
        rows = _insert_rows(rows, others, "scores", name)
        on = format_observed(_join_observed(observed.get(name), others, name))
        title = name + (f", {on}" if on else "") + (" [95 % interval]" if ends else "")
        table = _make_table(title, rows, ends, " ")
        unbound = console.options.update(max_width=WIDEST)
        if Measurement.get(console, unbound, table).maximum > console.width:
            table = _make_table(title, rows, ends, "\n")
        table.min_width = min(len(title), console.width)
        console.print(table)
        for sentence in (findings or {}).get(name, ()):
            console.print(Text(visible(f"{name}: {sentence}"), "bold yellow"), soft_wrap=True)


def format_score(value: float | None, interval: Any = None, gap: str = " ") -> str:
    """A score as `0.534`, with an interval as `0.534 [0.521, 0.547]`; a count with all digits."""
    if value is None:  # which stands for NaN in JSON
        return "nan"
    said = str(value) if isinstance(value, int) else f"{value:.3f}"
    return f"{said}{gap}[{interval[0]:.3f}, {interval[1]:.3f}]" if interval else said


def _insert_rows(
    rows: Rows, others: Sequence[tuple[str, Mapping[str, Any]]], kind: str, name: str
) -> Rows:
    """The rows of a metric, with the model's rows of other evaluations below its first one."""
    named = {label: row for label, tables in others if (row := _first(tables.get(kind), name))}
    first = dict([*rows.items()][:1])
    return {**first, **named, **rows}


def _first(tables: Any, name: str) -> Any:
    """The first row of a metric; None if there is none."""
    rows = tables.get(name) if isinstance(tables, Mapping) else None
    return next(iter(rows.values()), None) if isinstance(rows, Mapping) else None


def _join_observed(
    observed: Any, others: Sequence[tuple[str, Mapping[str, Any]]], name: str
) -> dict[str, Any]:
    """What all rows were measured on."""
    joined: dict[str, Any] = {}
    for each in (observed, *(tables.get("observed", {}).get(name) for _, tables in others)):
        joined |= each if isinstance(each, dict) else {}
    return joined


def _find_equal_counts(rows: Rows) -> dict[str, int]:
    """The counts that are equal in all rows."""
    first, *others = rows.values()
    return {
        name: count
        for name, count in first.items()
        if isinstance(count, int) and all(row.get(name) == count for row in others)
    }


def _make_table(title: str, rows: Rows, intervals: Rows, gap: str) -> Table:
    """Make the table of a metric; gap: the text between a score and its interval."""
    below = _find_equal_counts(rows)
    caption = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in below.items())
    table = Table(title=one_line(title), title_justify="left", show_lines=gap == "\n")
    table.caption, table.caption_justify = one_line(caption) or None, "left"
    table.add_column("")
    names = dict.fromkeys(score for scores in rows.values() for score in scores)
    scores = [name for name in names if name not in below]
    cells = {
        row: [
            format_score(v[f], intervals.get(row, {}).get(f), gap) if f in v else "–"
            for f in scores
        ]
        for row, v in rows.items()
    }
    for score, column in zip(scores, zip(*cells.values(), strict=True), strict=True):
        widest = max(len(line) for cell in column for line in cell.split("\n"))
        table.add_column(one_line(score.replace("_", " ")), justify="right", min_width=widest)
    for row, texts in cells.items():
        table.add_row(one_line(row), *texts)
    return table
