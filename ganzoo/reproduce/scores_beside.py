"""Scores beside a paper's table that have no published counterpart, as a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganzoo.compare.comparison_table import NOTHING, Column, Row, compare, format_number, title
from ganzoo.compare.run_scores import RunScores
from ganzoo.printing.tabular import markdown_row


def format_beside(also: Mapping[str, str], systems: Mapping[str, Sequence[RunScores]]) -> list[str]:
    """Lines of Markdown: the metrics' first scores of each system's last models, and baselines.

    also: metrics, each with a sentence on what it says. systems: by name, the scores of each seed.
    """
    table = compare(systems)
    columns = [column for metric in also if (column := _first(metric, table.columns))]
    rows = [row for row in table.rows if any(column in row.cells for column in columns)]
    if not rows:
        return []
    said = [f"`{metric}` is {also[metric]}." for metric, _ in columns]
    head = [markdown_row(["", *map(title, columns)]), "|---" + "|---:" * len(columns) + "|"]
    return ["", *said, "", *head, *(markdown_row(_cells(row, columns)) for row in rows)]


def _first(metric: str, columns: Sequence[Column]) -> Column | None:
    """A metric's first score."""
    return next((column for column in columns if column[0] == metric), None)


def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
    name = row.name if row.runs else f"*{row.name}*"
    shown = [format_number(c, row.cells[c]) if c in row.cells else NOTHING for c in columns]
    return [name, *shown]
