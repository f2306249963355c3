"""Results as tables on the console, as JSON, and as lines of the history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import ROOT
from benchmarks.result import Result

HISTORY = ROOT / "benchmarks" / "history.jsonl"


def show(result: Result, console: Console) -> None:
    """Print a result's table and the machine below it."""
    table = Table(title=result.title, title_justify="left", caption_justify="left")
    table.caption = describe(result)
    table.add_column("Variant")
    has_items = any(row.items for row in result.rows)
    has_peak = any(row.peak for row in result.rows)
    headings = ["Time", "Ratio", "from-to", "Processor"]
    headings += ["Images/s"] * has_items + ["Peak RSS"] * has_peak
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result.rows:
        cells = [_time(row.seconds), f"{row.ratio:.2f} x"]
        cells += [f"{row.ratio_from:.2f}-{row.ratio_to:.2f}", _time(row.processor)]
        cells += [f"{row.items / row.seconds:.1f}"] * has_items
        cells += [f"{row.peak / 1e9:.2f} GB"] * has_peak
        table.add_row(row.name, *cells)
    console.print(table)


def describe(result: Result) -> str:
    """The machine and the settings, in a few lines."""
    machine = result.machine
    settings = ", ".join(f"{key} {value}" for key, value in result.settings.items())
    return (
        f"{settings}\n{machine['processor']}, {machine['cores']} cores, "
        f"{' '.join(machine['instructions'])}, {machine['memory_gb']} GB; "
        f"torch {machine['torch']}, threads: {machine['threads']}; commit {result.commit}"
    )


def write_json(results: Sequence[Result], file: Path) -> None:
    """All results in one file."""
    text = json.dumps([result.as_json() for result in results], indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def record(results: Sequence[Result], file: Path = HISTORY) -> None:
    """Append one line a result to the history."""
    with file.open("a", encoding="utf-8") as history:
        for result in results:
            history.write(json.dumps(_shorten(result)) + "\n")


def _shorten(result: Result) -> dict[str, Any]:
    """A result without single repeats and facts, numbers rounded."""
    rows = {
        row.name: {
            "seconds": float(f"{row.seconds:.4g}"),
            "ratio": [round(x, 3) for x in (row.ratio, row.ratio_from, row.ratio_to)],
            "peak_gb": round(row.peak / 1e9, 3),
        }
        for row in result.rows
    }
    return {**result.as_json(), "rows": rows}


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 10 else f"{seconds * 1e3:.1f} ms"
