"""Tables as files: names in them may come from a stranger, and programs obey what they open."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ganzoo.printing.text import one_line

# What a spreadsheet takes for the beginning of a formula, which may start programs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows for a spreadsheet; a text that it would compute stands behind an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a Markdown table, its cells as plain text on one line."""
    written = (html.escape(one_line(cell), quote=False).replace("|", "&#124;") for cell in cells)
    return f"| {' | '.join(written)} |"


def _inert(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    shown = one_line(cell)
    return f"'{shown}" if cell.startswith(FORMULA) else shown
