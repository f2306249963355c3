"""Lists the runs in a folder from their JSON files, without torch. A damaged run cannot stop it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ganzoo.files.untrusted import is_plain, open_plain, parse_json, read_object
from ganzoo.recipe.toml_text import RECIPE_FILE, read_tables
from ganzoo.runs.commands import resume_command
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.run_record import is_running, last_start, read_record

TAIL = 1 << 16  # bytes at the end of a log that surely contain its last line
DEEPEST = 32  # levels of folders that are searched


@dataclass(frozen=True)
class Run:
    """A line of the list.

    state: finished, stopped, running, interrupted, elsewhere (its record says that it runs on
        another machine), unrecorded (no run.json) or damaged.
    step, steps: steps made, and steps in total; None where unknown.
    started, changed: ISO times of the first start and of the last change of a file.
    scores: the model's scores by the recipe's first metric.
    problem: what is damaged, as a sentence; "" where nothing is.
    """

    run: str
    recipe: str
    state: str
    step: int | None
    steps: int | None
    started: str | None
    changed: str | None
    device: str | None
    processes: int | None
    scores: dict[str, float]
    problem: str = ""

    @property
    def progress(self) -> str:
        """Steps made and steps in total, as `54/200`."""
        done, total = ("?" if n is None else str(n) for n in (self.step, self.steps))
        return f"{done}/{total}"


def find_runs(root: Path) -> Iterator[Path]:
    """Every folder at or below `root` that holds a run; runs inside a run do not count."""
    for place, folders, files in os.walk(root):
        folder = Path(place)
        if RECIPE_FILE in files and is_plain(folder / RECIPE_FILE, within=folder):
            folders.clear()
            if not RunPaths(folder).is_plan():
                yield folder
        if len(folder.relative_to(root).parents) >= DEEPEST:
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def describe(folder: Path) -> Run:
    """Read a run's line of the list from its files; if its record is damaged, the state says so."""
    try:
        return _describe(folder, read_record(folder))
    except (OSError, ValueError) as error:
        return _describe(folder, {"state": "damaged", "starts": []}, str(error))


def is_finished(folder: Path) -> bool:
    """Whether a folder holds a run that was trained to its end."""
    return RunPaths(folder).is_run() and describe(folder).state == "finished"


def _describe(folder: Path, record: dict[str, Any] | None, problem: str = "") -> Run:
    known = record or {"state": "unrecorded", "starts": []}
    entry = last_start(known)
    first = known["starts"][0] if known["starts"] else {}
    state = _state(known["state"], entry)
    return Run(
        run=str(folder),
        recipe=_recipe_name(folder),
        state=state,
        step=_step(folder, state, known.get("step")),
        steps=known.get("steps"),
        started=first.get("started"),
        changed=_changed(folder),
        device=entry.get("device"),
        processes=entry.get("processes"),
        scores=_scores(folder),
        problem=problem,
    )


def _state(recorded: str, entry: dict[str, Any]) -> str:
    if recorded != "running":
        return str(recorded)
    if entry.get("host") != socket.gethostname():
        return "elsewhere"
    return "running" if is_running(entry) else "interrupted"


def _step(folder: Path, state: str, recorded: int | None) -> int | None:
    """The steps made: of a running run by its log, otherwise those that are saved."""
    if state in ("running", "elsewhere"):
        return max(recorded or 0, _last_logged(folder))
    if recorded is not None:
        return recorded
    return last_saved(folder)


def last_saved(folder: Path) -> int | None:
    """The step of a run's last checkpoint; None if it has no checkpoint."""
    return max((step for step, _ in RunPaths(folder).saved()), default=None)


MOVED = "if it was moved, go on with: ganzoo resume, and its new place; else start again"


def describe_how_to_go_on(folder: Path) -> str:
    """A sentence that says how to go on with a run that ended without being saved."""
    if not folder.exists():
        return MOVED
    step = last_saved(folder)
    if step is None:
        return f"nothing was saved yet: delete {folder} and start again"
    command = resume_command(folder)
    return f"the run goes on from its last checkpoint, step {step}, with: {command}"


def _last_logged(folder: Path) -> int:
    try:
        with open_plain(RunPaths(folder).log, within=folder) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            lines = file.read(TAIL).splitlines()
    except (OSError, ValueError):
        return 0
    return next((step for line in reversed(lines) if (step := _step_of(line)) is not None), 0)


def _step_of(line: bytes) -> int | None:
    """The step that a line of the log names; None where the line is cut short."""
    try:
        step = parse_json(line).get("step")
    except (ValueError, AttributeError):
        return None
    return step if isinstance(step, int) else None


def _recipe_name(folder: Path) -> str:
    try:
        name = read_tables(RunPaths(folder).recipe, within=folder).get("name", "")
    except (OSError, ValueError):
        return "?"
    return name if isinstance(name, str) else "?"


def _changed(folder: Path) -> str | None:
    run = RunPaths(folder)
    files = [run.record, run.log, run.metrics, run.recipe]
    times = [file.lstat().st_mtime for file in files if file.exists()]
    if not times:
        return None
    try:
        return datetime.fromtimestamp(max(times)).astimezone().isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):  # outside the years that datetime can hold
        return None


def _scores(folder: Path) -> dict[str, float]:
    """The model's scores by the first metric: its first row. Baselines are in the rows below."""
    try:
        metrics = read_object(RunPaths(folder).metrics, within=folder)
        rows: Any = next(iter(metrics.values()), {})
        scores: Any = next(iter(rows.values()), {})
        return {name: float(value) for name, value in scores.items() if value is not None}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError):
        return {}
