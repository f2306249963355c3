"""Checks whether a line of a run's log files is a valid entry; other lines are skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ganzoo.files.untrusted import is_count, is_number
from ganzoo.runs.layout import RunPaths


def is_step(line: Mapping[str, Any]) -> bool:
    """Whether a line names its step."""
    return is_count(line.get("step"))


def is_losses(line: Mapping[str, Any]) -> bool:
    """Whether a line is an entry of the training log."""
    tables = line.get("losses")
    return (
        is_step(line)
        and is_count(line.get("nonfinite"))
        and isinstance(tables, dict)
        and all(isinstance(terms, dict) for terms in tables.values())
        and all(is_score(loss) for terms in tables.values() for loss in terms.values())
        and isinstance(line.get("seen") or {}, dict)
    )


def is_evaluation(line: Mapping[str, Any]) -> bool:
    """Whether a line is an entry of the evaluations."""
    tables = (line.get("scores"), line.get("intervals", {}))
    return is_step(line) and all(isinstance(table, dict) for table in tables)


def is_score(value: Any) -> bool:
    """Whether a value is a number or None, which stands for NaN and infinities."""
    return value is None or is_number(value)


def find_check(file: Path) -> Callable[[Mapping[str, Any]], bool]:
    """The check that each line of a log file of a run must pass."""
    run = RunPaths(file.parent)
    return {run.log: is_losses, run.evaluations: is_evaluation}.get(file, is_step)
