"""What a run folder's files tell. Each may be missing, damaged, or of another age."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ganzoo.errors import RunError
from ganzoo.run.listing import Run, describe
from ganzoo.run.record import last_start, read_record

GRID = re.compile(r"step-(\d{8,})\.png")

Table = dict[str, Any]


@dataclass(frozen=True)
class RunFiles:
    """A run folder as its report needs it.

    run: state and steps, as `ganzoo list runs` tells them.
    toml, recipe: the filled recipe as text and as tables.
    starts: the entries of run.json. log: a line a step, in order.
    samples: the grids by step.
    """

    folder: Path
    run: Run
    toml: str
    recipe: Table
    starts: list[Table]
    log: list[Table]
    evaluations: list[Table]
    metrics: Table
    cases: Table
    best: Table
    alarms: list[Table]
    samples: list[tuple[int, Path]]

    @property
    def name(self) -> str:
        """The recipe's name, or the folder's."""
        return str(self.recipe.get("name") or self.folder.resolve().name)

    @property
    def latest(self) -> Table:
        """The last start's entry, or an empty one."""
        return last_start({"starts": self.starts})

    def table(self, name: str) -> Table:
        """A table of the recipe; an empty one where there is none."""
        found = self.recipe.get(name)
        return found if isinstance(found, dict) else {}


def read_run(folder: Path) -> RunFiles:
    """Everything that a run's files tell.

    Raises:
        RunError: the folder is no run.
    """
    if not (folder / "recipe.toml").is_file():
        raise RunError(f"{folder}: this folder is no run: it holds no recipe.toml")
    toml = _text(folder / "recipe.toml")
    return RunFiles(
        folder=folder,
        run=describe(folder),
        toml=toml,
        recipe=_parsed(toml),
        starts=_starts(folder),
        log=_by_step(_lines(folder / "log.jsonl")),
        evaluations=_by_step(_lines(folder / "evaluations.jsonl")),
        metrics=_object(folder / "metrics.json"),
        cases=_object(folder / "cases.json"),
        best=_object(folder / "best.json"),
        alarms=[*_lines(folder / "alarms.jsonl")],
        samples=_grids(folder / "samples"),
    )


def figure(value: Any) -> float | None:
    """A number that can be drawn, else None."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) else None


def trained_seconds(files: RunFiles) -> float:
    """The time of all starts together; of one that was killed, until its last line of the log."""
    last = max((figure(line.get("time")) or 0.0 for line in files.log), default=0.0)
    return sum(_lasted(entry, last) for entry in files.starts)


def _lasted(entry: Table, last: float) -> float:
    began, ended = _time(entry.get("started")), _time(entry.get("ended"))
    return max(0.0, (ended or last) - began) if began else 0.0


def _time(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _parsed(toml: str) -> Table:
    try:
        return tomllib.loads(toml)
    except ValueError:
        return {}


def _starts(folder: Path) -> list[Table]:
    try:
        record = read_record(folder) or {"starts": []}
    except (OSError, ValueError):
        return []
    return [entry for entry in record["starts"] if isinstance(entry, dict)]


def _object(path: Path) -> Table:
    try:
        found = json.loads(_text(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> Iterator[Table]:
    """The objects of a file of lines; one that a crash cut off is left out."""
    for line in _text(path).splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _by_step(lines: Iterator[Table]) -> list[Table]:
    """Of a step that occurs twice the later line counts."""
    found = {line["step"]: line for line in lines if isinstance(line.get("step"), int)}
    return [found[step] for step in sorted(found)]


def _grids(folder: Path) -> list[tuple[int, Path]]:
    found = [(GRID.fullmatch(path.name), path) for path in folder.glob("step-*.png")]
    return sorted((int(match[1]), path) for match, path in found if match)
