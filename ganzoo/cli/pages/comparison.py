"""Prints a comparison: scores in columns, the deviation over seeds below the mean."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ganzoo.compare.compared_tradeoffs import say_tradeoffs
from ganzoo.compare.comparison_table import Comparison, format_number
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import one_line, visible


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Print one table for each metric, so that it fits a terminal; size and speed come last."""
    console = console or Terminal()
    for metric, columns in groupby(comparison.columns, key=lambda column: column[0]):
        shown = list(columns)
        rows = [row for row in comparison.rows if any(column in row.cells for column in shown)]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column(one_line(metric) or "size and speed", no_wrap=True)
        for _, score in shown:
            table.add_column(one_line(score.replace("_", " ")), justify="right")
        for row in rows:
            table.add_row(
                one_line(row.name),
                *(format_number(column, row.cells.get(column)) for column in shown),
            )
        console.print()
        console.print(table)
    for condition in comparison.conditions:
        console.print(f"\n{condition}")
    for sentence in say_tradeoffs(comparison):
        console.print(Text(f"\n{visible(sentence)}"), soft_wrap=True)
    for sentence in comparison.findings:
        console.print(Text(f"\n{visible(sentence)}", "bold yellow"), soft_wrap=True)
