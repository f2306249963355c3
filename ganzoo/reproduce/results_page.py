"""Writes the page of results: a block for what was run, and one for each table."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganzoo.compare.systems import System, SystemRun
from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import read_text
from ganzoo.files.writing import write_text
from ganzoo.printing.tabular import markdown_row
from ganzoo.printing.text import one_line
from ganzoo.reproduce.marked_blocks import replace_blocks
from ganzoo.reproduce.paper_tables import PaperTable
from ganzoo.reproduce.reproduction import Reproduction
from ganzoo.reproduce.table_results import format_table, read_results
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.listing import is_finished
from ganzoo.runs.run_record import read_record

LARGEST = 1 << 24  # bytes of a page


def write_page(planned: Reproduction, page: Path, pictures: dict[str, Path]) -> None:
    """Write the tables' blocks of a page anew, from what was measured so far.

    pictures: by table, a picture that was drawn.

    Raises:
        GanzooError: the page is there and cannot be read.
    """
    budget = planned.budget.key
    blocks = {f"{budget}: runs": _runs_block(planned)}
    headings = {f"{budget}: runs": f"## Budget `{budget}`"}
    for table in planned.tables:
        name = f"{budget}: {table.key}"
        blocks[name] = _table_block(planned, table, page, pictures.get(table.key))
        headings[name] = f"### {table.title}"
    write_text(page, replace_blocks(_read(page), blocks, headings))


def _read(page: Path) -> str:
    try:
        return read_text(page, LARGEST)
    except FileNotFoundError:
        return "# Results\n"
    except (OSError, ValueError) as error:
        raise GanzooError(f"{page}: this page cannot be read ({error})") from None


def _table_block(planned: Reproduction, table: PaperTable, page: Path, picture: Path | None) -> str:
    lines = [f"{table.paper}, {table.data}; here: {planned.budget.data}.\n"]
    lines.append(format_table(table, read_results(planned, table)))
    if table.note:
        lines.append(f"\n{table.note}.")
    if picture:
        place = Path(os.path.relpath(picture.resolve(), page.resolve().parent)).as_posix()
        lines.append(f"\n![Held-out inputs down, systems across]({place})")
    return "\n".join(lines)


def _runs_block(planned: Reproduction) -> str:
    """The command, the machine, the dates, and a line for each system."""
    names = " ".join(table.key for table in planned.tables)
    command = f"ganzoo reproduce {names} --budget {planned.budget.key}"
    rows = [_system_row(system) for system in planned.systems.values()]
    head = markdown_row(["", "recipe", "settings beside the seed", "seeds", "minutes a run"])
    return "\n".join([
        f"{planned.budget.summary[0].upper()}{planned.budget.summary[1:]}. "
        f"On {planned.budget.data}.\n",
        f"    {command}\n",
        *(f"{line}\n" for line in _machines(planned)),
        head, "|---|---|---|---|---:|", *map(markdown_row, rows),
    ])  # fmt: skip


def _machines(planned: Reproduction) -> Iterator[str]:
    """A sentence for each machine, without its name, and the days of the first and last start."""
    starts = [start for _, run in planned.runs for start in _starts(run)]
    days = sorted({str(start["started"])[:10] for start in starts if start.get("started")})
    yield from dict.fromkeys(one_line(_machine(start)) for start in starts)
    if days:
        yield f"Trained from {days[0]} to {days[-1]}." if len(days) > 1 else f"Trained {days[0]}."


def _machine(start: dict[str, Any]) -> str:
    devices = ", ".join(start.get("devices") or [str(start.get("device", "?"))])
    count, torch = start.get("threads", "?"), start.get("torch", "?")
    threads = "one thread" if count == 1 else f"{count} threads"
    return f"Machine: {devices}, {threads}, torch {torch}, ganzoo {start.get('ganzoo')}."


def _starts(run: SystemRun) -> list[dict[str, Any]]:
    try:
        return (read_record(run.folder) or {"starts": []})["starts"]  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return []


def _system_row(system: System) -> list[str]:
    first = system.trainings[0]
    settings = [s for s in first.overrides if not s.startswith("train.seed=")]
    seeds = [str(n) for n, run in enumerate(system.trainings) if is_finished(run.folder)]
    minutes = [m for run in system.trainings if (m := _minutes(run)) is not None]
    median = f"{statistics.median(minutes):.1f}" if minutes else "–"
    shown = " ".join(f"`{setting}`" for setting in settings)
    return [system.name, f"`{first.source}`", shown, ", ".join(seeds) or "not run", median]


def _minutes(run: SystemRun) -> float | None:
    """How long a finished run was trained, evaluations included, from its log; None if unknown."""
    folder = RunFolder(run.folder)
    times = [line["time"] for line in folder.entries() if isinstance(line.get("time"), float)]
    if not is_finished(run.folder) or len(times) < 2:
        return None
    return float(times[-1] - times[0]) / 60
