"""Results as tables on the console, as JSON, and as lines of the history."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import ROOT
from benchmarks.result import Result, Row

HISTORY = ROOT / "benchmarks" / "history.jsonl"
WIDTH = 110  # what a table needs


def show(result: Result) -> None:
    """Print a result's table, and the machine below it."""
    table = Table(title=result.title, title_justify="left")
    table.add_column("Variant", no_wrap=True)
    columns = choose_columns(result.rows)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result.rows:
        table.add_row(row.name, *(cell(row) for cell in columns.values()))
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    console.print(table)
    for note in result.notes:
        console.print(note, soft_wrap=True)
    console.print(describe(result), style="dim")


def choose_columns(rows: Sequence[Row]) -> dict[str, Callable[[Row], str]]:
    """How each column is filled, by its heading; only columns that have something to say."""
    columns: dict[str, Callable[[Row], str]] = {}
    if any(row.seconds for row in rows):
        columns["Time"] = lambda row: format_time(row.seconds)
    if any(row.ratios for row in rows):
        columns["Ratio"] = lambda row: f"{statistics.median(row.ratios):.2f} x"
        columns["from-to"] = lambda row: f"{min(row.ratios):.2f}-{max(row.ratios):.2f}"
    elif any(len(row.repeats) > 1 for row in rows):
        columns["from-to"] = lambda row: "-".join(map(format_time, _extremes(row.repeats)))
    if any(row.processor for row in rows):
        columns["Processor"] = lambda row: format_time(row.processor)
    if any(row.items for row in rows):
        columns["Images/s"] = lambda row: f"{row.items / row.seconds:.1f}"
    if any(row.peak for row in rows):
        columns["Peak RSS"] = lambda row: f"{row.peak / 1e9:.2f} GB"
    if any(row.gpu for row in rows):
        columns["Peak GPU"] = lambda row: f"{row.gpu / 1e9:.2f} GB"
    for heading in dict.fromkeys(name for row in rows for name in row.columns):
        columns[heading] = lambda row, heading=heading: row.columns.get(heading, "")  # type: ignore[misc]
    return columns


def describe(result: Result) -> str:
    """The machine and the settings, in a few lines."""
    machine = result.machine
    gpu = f"{machine['gpu']}; " if machine["gpu"] else ""
    settings = ", ".join(f"{key} {value}" for key, value in result.settings.items())
    return (
        f"{settings}\n{machine['processor']}, {machine['cores']} cores, "
        f"{' '.join(machine['instructions'])}, {machine['memory_gb']} GB; {gpu}"
        f"torch {machine['torch']}, threads: {machine['threads']}; commit {result.commit}"
    )


def write_json(results: Sequence[Result], file: Path) -> None:
    """All results in one file."""
    text = json.dumps([result.as_json() for result in results], indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def write_between_marks(page: Path, name: str, table: str) -> None:
    """Put a table between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in a page."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}{table}{end}{after}", encoding="utf-8")


def record(result: Result, file: Path = HISTORY) -> None:
    """Append a line to the history."""
    rows = {row.name: _shorten(row) for row in result.rows}
    with file.open("a", encoding="utf-8") as history:
        history.write(json.dumps({**result.as_json(), "rows": rows}) + "\n")


def format_time(seconds: float) -> str:
    """`12.3 s`, `123.4 ms`."""
    return f"{seconds:.2f} s" if seconds >= 10 else f"{seconds * 1e3:.1f} ms"


def _shorten(row: Row) -> dict[str, Any]:
    """A row for the history: the median, the ratio with its extremes, the peak."""
    short: dict[str, Any] = {"seconds": float(f"{row.seconds:.4g}")}
    if row.ratios:
        ratios = statistics.median(row.ratios), *_extremes(row.ratios)
        short["ratio"] = [round(ratio, 3) for ratio in ratios]
    if row.peak:
        short["peak_gb"] = round(row.peak / 1e9, 3)
    return short | dict(row.columns)


def _extremes(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)
