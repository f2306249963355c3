"""The tables of the live panel: a player's losses, and the trends of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ganzoo.printing.text import one_line
from ganzoo.training.speed import format_number, is_finite
from ganzoo.training.trends import Trends

Record = Mapping[str, Any]


def player_table(record: Record, player: str) -> Table:
    """A player's learning rate and its terms' means."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, justify="right", min_width=len("lr 1.98e-05"))
    rate = record["lr"].get(player)
    table.add_row(
        Text(one_line(player), "bold"), Text("" if rate is None else f"lr {rate:.3g}", "dim")
    )
    for term, value in record["losses"][player].items():
        table.add_row(
            Text(f"  {one_line(term)}"),
            Text(format_number(value), "" if is_finite(value) else "bold red"),
        )
    return table


def trends_table(trends: Trends, console: Console) -> Table:
    """A row for each metric: words, and bars where the console can show them."""
    table = Table.grid(padding=(0, 2))
    bars = console.encoding.lower().startswith("utf")
    for trend in [*trends.by_metric.values()]:  # a copy, as another thread draws
        drawn = [Text(trend.draw(), "cyan", no_wrap=True)] if bars else []
        table.add_row(Text(one_line(str(trend))), *drawn)
    return table
