"""Prints text in columns: by rich on a terminal, as plain text elsewhere."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganzoo.printing.text import one_line, say, visible

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Sequence[str]]


def print_tabs(rows: Rows) -> None:
    """Print one line for each row, its fields separated by tabs, for `cut` and `grep`."""
    for row in rows:
        say("\t".join(one_line(" ".join(cell.split())) for cell in row))


def print_rich(headers: Sequence[str], rows: Rows, console: Console | None = None) -> None:
    """Print a table on a terminal: the last column wraps, the others do not.

    A row of one cell is a heading between the other rows.
    """
    from rich.table import Table
    from rich.text import Text

    from ganzoo.printing.terminal import Terminal

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, no_wrap=header != headers[-1], overflow="fold")
    for row in rows:
        table.add_row(
            *(Text(one_line(cell), style="bold" if len(row) == 1 else "") for cell in row)
        )
    (console or Terminal()).print(table)


def print_columns(rows: Rows, indent: int = 2, cap: int = 44) -> None:
    """Print rows in columns; a cell wider than `cap` does not widen its column."""
    for line in columns(rows, indent, cap):
        say(line)


def columns(rows: Rows, indent: int = 2, cap: int = 44) -> list[str]:
    """Format rows as lines with columns of one width, two spaces apart."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], len(cell) if len(cell) <= cap else 0)
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) for row in rows]
    return [(" " * indent + line).rstrip() for line in lines]


def print_terms(rows: Sequence[tuple[str, str]], indent: int = 2) -> None:
    """Print words and their meanings; a meaning is wrapped in a column of its own.

    It is wrapped between words alone, so that paths and commands can be copied.
    """
    rows = [(one_line(word), visible(meaning)) for word, meaning in rows]
    left = min(24, max((len(word) for word, _ in rows), default=0))
    width = max(40, shutil.get_terminal_size().columns)
    for word, meaning in rows:
        start = " " * indent + word.ljust(left) + "  "
        hang = " " * (indent + left + 2)
        wrapped = textwrap.wrap(
            meaning,
            width,
            initial_indent=start,
            subsequent_indent=hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        say("\n".join(wrapped or [start.rstrip()]))


def heading(text: str) -> None:
    """Print an empty line and a heading, bold on a terminal."""
    say()
    say(text, bold=True)
