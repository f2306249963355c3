"""Reads a run folder's files. Any may be missing, damaged, of another version, or a stranger's.

Nothing outside the folder is read, even if the folder contains links.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ganzoo.errors import RunError
from ganzoo.evaluation.observed import TEST, VALIDATION
from ganzoo.files.untrusted import (
    UntrustedError,
    inside,
    is_number,
    is_plain,
    read_object,
    read_objects,
    read_text,
)
from ganzoo.recipe.toml_text import LARGEST, parse
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import Run, describe
from ganzoo.runs.run_record import last_start, read_record

Table = dict[str, Any]


@dataclass(frozen=True)
class RunFiles:
    """A run folder as its report needs it.

    run: state and steps, as `ganzoo list runs` shows them.
    toml, recipe: the filled recipe as text and as tables.
    starts: the entries of run.json. log: one entry for each logged step, in order.
    evaluations: the scores over time, by step: on validation samples, where there are some.
    tests: the scores of the last and the best model on test samples, by step, beside those.
    samples: the grids by step.
    faults: a sentence for each file that is damaged or was not read.
    """

    folder: Path
    run: Run
    toml: str
    recipe: Table
    starts: list[Table]
    log: list[Table]
    evaluations: list[Table]
    tests: list[Table]
    metrics: Table
    sample_scores: Table
    best: Table
    alarms: list[Table]
    samples: list[tuple[int, Path]]
    faults: list[str]

    @property
    def name(self) -> str:
        """The recipe's name, or the folder's."""
        return str(self.recipe.get("name") or self.folder.resolve().name)

    @property
    def latest(self) -> Table:
        """The entry of the last start; empty if there is none."""
        return last_start({"starts": self.starts})

    def table(self, name: str) -> Table:
        """A table of the recipe; empty if the recipe has no such table."""
        table = self.recipe.get(name)
        return table if isinstance(table, dict) else {}


def read_run(folder: Path) -> RunFiles:
    """Read all files of a run.

    Raises:
        RunError: the folder is no run.
    """
    paths = RunPaths(folder)
    if not is_plain(paths.recipe, within=folder):
        raise RunError(f"{folder}: this folder is no run: it holds no {paths.recipe.name}")
    reader = RunReader(folder, [])
    lines = reader.lines(paths.evaluations)
    of = {split: [ln for ln in lines if ln.get("split") == split] for split in (VALIDATION, TEST)}
    toml, recipe = reader.recipe()
    return RunFiles(
        folder=folder,
        run=describe(folder),
        toml=toml,
        recipe=recipe,
        starts=reader.starts(),
        log=_by_step(reader.lines(paths.log)),
        evaluations=_by_step(of[VALIDATION] or lines),
        tests=_by_step(of[TEST] if of[VALIDATION] else []),
        metrics=reader.table(paths.metrics),
        sample_scores=reader.table(paths.sample_scores),
        best=reader.table(paths.best),
        alarms=reader.lines(paths.alarms),
        samples=reader.grids(),
        faults=reader.faults,
    )


@dataclass(frozen=True)
class RunReader:
    """Reads the files of a folder; a file that cannot be read adds a fault and counts as empty."""

    folder: Path
    faults: list[str]

    @property
    def paths(self) -> RunPaths:
        """The paths of the run's files."""
        return RunPaths(self.folder)

    def recipe(self) -> tuple[str, Table]:
        """The recipe as text and as tables."""
        text = ""
        try:
            text = read_text(self.paths.recipe, LARGEST, self.folder)
            return text, parse(text)
        except (OSError, ValueError) as error:
            self._note(self.paths.recipe, error)
            return text, {}

    def starts(self) -> list[Table]:
        """The entries of run.json."""
        try:
            record = read_record(self.folder)
        except (OSError, UntrustedError) as error:
            self._note(self.paths.record, error)
            return []
        return list(record["starts"]) if record else []

    def table(self, file: Path) -> Table:
        """A file's JSON object."""
        try:
            return read_object(file, within=self.folder)
        except FileNotFoundError:
            return {}
        except (OSError, UntrustedError) as error:
            self._note(file, error)
            return {}

    def lines(self, file: Path) -> list[Table]:
        """The objects of a log file, one for each line."""
        try:
            return [*read_objects(file, self.folder, tell=self.faults.append)]
        except FileNotFoundError:
            return []
        except (OSError, UntrustedError) as error:
            self._note(file, error)
            return []

    def grids(self) -> list[tuple[int, Path]]:
        """The pictures in samples/ by step."""
        grids = self.paths.sample_grids().items()
        return [(step, path) for step, path in grids if self._is_own(path)]

    def _is_own(self, path: Path) -> bool:
        try:
            inside(path, self.folder)
        except UntrustedError as error:
            self.faults.append(str(error))
        return is_plain(path, self.folder)

    def _note(self, file: Path, error: Exception) -> None:
        said = getattr(error, "strerror", None) or str(error)
        named = isinstance(error, UntrustedError)  # it names the file itself
        self.faults.append(said if named else f"{file}: {said}")


def as_number(value: Any) -> float | None:
    """The value if it is a number that can be drawn, otherwise None."""
    return float(value) if is_number(value) else None


def trained_seconds(files: RunFiles) -> float:
    """Seconds of training in all starts; a killed start counts until its last line of the log."""
    last = max((as_number(line.get("time")) or 0.0 for line in files.log), default=0.0)
    return sum(_lasted(entry, last) for entry in files.starts)


def _lasted(entry: Table, last: float) -> float:
    began, ended = _time(entry.get("started")), _time(entry.get("ended"))
    return max(0.0, (ended or last) - began) if began else 0.0


def _time(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _by_step(lines: Iterable[Table]) -> list[Table]:
    """The lines by step; if a step occurs twice, the later line counts."""
    last = {line["step"]: line for line in lines if isinstance(line.get("step"), int)}
    return [last[step] for step in sorted(last)]
