"""The list of the papers' tables and of the budgets, for `ganzoo reproduce --list`."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.printing.text import say
from ganzoo.reproduce.paper_tables import PaperTable, find_budget, shipped


def list_tables(tables: Sequence[PaperTable]) -> None:
    """Print each table with its rows and published values, then the budgets."""
    for table in tables:
        heading(f"{table.key}: {table.title}")
        say(f"  {table.paper}; {table.data}; {' / '.join(table.headings)}")
        print_columns([_row(table, place) for place in range(len(table.rows))], indent=4)
    heading("budgets")
    budgets = [find_budget(name) for name in shipped("budgets")]
    print_columns([(each.key, each.summary) for each in budgets])


def _row(table: PaperTable, place: int) -> tuple[str, str, str]:
    row = table.rows[place]
    published = " / ".join(row.published) or "published value not known here"
    return row.name, published, row.system or "not trained"
