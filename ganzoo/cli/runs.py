"""`ganzoo list runs`: lists the runs inside a folder, and how far each was trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganzoo.errors import GanzooError
from ganzoo.printing.text import say
from ganzoo.runs.listing import Run, describe, find_runs

FOLDER = Path("runs")
COLUMNS = ("run", "recipe", "state", "steps", "changed", "device", "scores")


def run_list(folder: Path | None) -> list[Run]:
    """The runs at or below a folder; by default below `runs/`, which may be missing.

    Raises:
        GanzooError: there is no such folder.
    """
    if folder is not None and not folder.is_dir():
        raise GanzooError(f"there is no folder {folder}")
    return [describe(place) for place in find_runs(folder or FOLDER)]


def as_objects(runs: list[Run]) -> list[dict[str, Any]]:
    """The runs as objects for --json."""
    return [asdict(run) for run in runs]


def print_runs(runs: list[Run], terminal: bool) -> None:
    """Print a table on a terminal; elsewhere a line for each run, with tabs and ISO times."""
    from ganzoo.cli.pages.columns import print_rich, print_tabs

    if not terminal:
        print_tabs([_cells(run, [run.started or "", run.changed or ""]) for run in runs])
    elif runs:
        print_rich(COLUMNS, [_cells(run, [_short(run.changed)]) for run in runs])
    else:
        say("none")


def _cells(run: Run, times: list[str]) -> list[str]:
    return [run.run, run.recipe, run.state, run.progress, *times, _device(run), _scores(run)]


def _device(run: Run) -> str:
    several = f" x {run.processes}" if run.processes and run.processes > 1 else ""
    return f"{run.device or ''}{several}"


def _scores(run: Run) -> str:
    return ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in run.scores.items())


def _short(time: str | None) -> str:
    """An ISO time in short, as `11-22 02:53`."""
    return time[5:16].replace("T", " ") if time else ""
