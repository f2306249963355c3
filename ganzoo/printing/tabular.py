"""Tables as CSV and Markdown. Texts in them may come from a stranger, so they are made harmless."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ganzoo.printing.text import one_line

# A spreadsheet computes a text that begins with one of these; such a formula may start programs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV; a text that a spreadsheet would compute gets an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_disarm(cell) for cell in row] for row in rows)
    return text.getvalue()


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a Markdown table; markup and line breaks in its cells are escaped."""
    written = (html.escape(one_line(cell), quote=False).replace("|", "&#124;") for cell in cells)
    return f"| {' | '.join(written)} |"


def _disarm(cell: Any) -> Any:
    """The cell as text that no spreadsheet takes for a formula; numbers stay as they are."""
    if not isinstance(cell, str):
        return cell
    shown = one_line(cell)
    return f"'{shown}" if cell.startswith(FORMULA) else shown
