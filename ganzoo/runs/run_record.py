"""run.json: where, with what and how far a run was trained. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from ganzoo.files.untrusted import UntrustedError, is_count, is_number, read_object
from ganzoo.files.writing import write_json
from ganzoo.runs.layout import RunPaths

STATES = ("running", "stopped", "interrupted", "finished")
DATA = "data"  # the path that stands for the data themselves in a list of changes
Check = Callable[[Any], bool]


def now() -> str:
    """The local time with its offset: `2026-11-22T02:53:56+00:00`."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def read_record(folder: Path) -> dict[str, Any] | None:
    """The run record of a folder; None if there is none.

    Raises:
        OSError, ValueError: the record cannot be read, or is damaged.
    """
    try:
        record = read_object(RunPaths(folder).record, within=folder)
    except FileNotFoundError:
        return None
    if faults := [*_find_faults(record)]:
        raise UntrustedError(f"{RunPaths(folder).record} is damaged: {faults[0]}")
    return record


def _find_faults(record: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a record, a sentence each; unknown keys may hold any value."""
    if record.get("state") is None:
        yield "it has no state"
    yield from _find_wrong_values(record, RECORD, "")
    starts = record.get("starts")
    if not isinstance(starts, list):
        yield "it has no list of starts"
        return
    for number, entry in enumerate(starts):
        if isinstance(entry, dict):
            yield from _find_wrong_values(entry, START, f"starts.{number}.")
        else:
            yield f"starts.{number} is no object"
            return
    if record.get("state") == "running":
        last = starts[-1] if starts else {}
        yield from (f"its last start has no {key}" for key in PROCESS if last.get(key) is None)


def _find_wrong_values(
    table: Mapping[str, Any], checks: Mapping[str, Check], place: str
) -> Iterator[str]:
    for key, is_right in checks.items():
        if table.get(key) is not None and not is_right(table[key]):
            yield f"{place}{key} cannot be {_abbreviate(table[key])}"


def _abbreviate(value: Any) -> str:
    said = repr(value) if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"
    return said if len(said) < 40 else f"{said[:36]} ..."


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_table_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


RECORD: Mapping[str, Check] = {
    "state": lambda value: value in STATES,
    "step": is_count,
    "steps": is_count,
}
PROCESS = ("host", "pid", "process_started")  # needed to tell whether the process is alive
START: Mapping[str, Check] = {
    **dict.fromkeys(("started", "ended", "reason", "command", "host", "platform"), _is_text),
    **dict.fromkeys(("ganzoo", "python", "torch", "torchvision", "accelerate"), _is_text),
    **dict.fromkeys(("device", "precision", "precision_reason"), _is_text),
    "tf32": lambda value: isinstance(value, bool),
    **dict.fromkeys(("from_step", "processes", "nodes", "threads"), is_count),
    "pid": lambda value: is_count(value) and 0 < value < 2**31,
    "process_started": is_number,
    **dict.fromkeys(("devices", "trained_on"), _are_texts),
    "packages": _is_table_of_texts,
    "git": lambda value: isinstance(value, dict),
    "data": lambda value: isinstance(value, dict),
    "splits": lambda value: isinstance(value, dict) and is_number(value.get("share")),
    "tuning": lambda value: isinstance(value, dict),
    "memory": lambda value: isinstance(value, dict),
    "changes": lambda value: isinstance(value, list) and all(isinstance(c, dict) for c in value),
}


def last_start(record: dict[str, Any]) -> dict[str, Any]:
    """The entry of the latest start; empty if there is none."""
    return dict(record["starts"][-1]) if record["starts"] else {}


def format_change(change: Mapping[str, Any]) -> str:
    """A change as text: `optimizers.default.lr = 0.0001 (was 0.0002)`."""
    from ganzoo.registry.signature import as_written  # here, as it imports pydantic

    path, before, after = (change.get(key) for key in ("path", "from", "to"))
    if path == DATA:
        return f"data.{after}"
    return f"{path} = {as_written(after)} (was {as_written(before)})"


def is_running(entry: dict[str, Any]) -> bool:
    """Whether the process of an entry is still alive; only its own machine can tell."""
    from ganzoo.runs.system_processes import is_alive

    return is_alive(entry["pid"], entry["process_started"])


class RunRecord:
    """The run record of one run. Each change rewrites the file; only the main process does that.

    state: `running`, `stopped` (saved, can be resumed), `interrupted` (by an error, or stopped
    without saving) or `finished`. A killed process leaves `running`: see `is_running`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.paths = folder, RunPaths(folder)
        self.content: dict[str, Any] = {}

    def begin(self, entry: dict[str, Any], step: int, steps: int) -> None:
        """Add the entry of a new start. If the record is damaged, rename it and begin a new one."""
        before: list[Any] = []
        try:
            before = (read_record(self.folder) or {"starts": []})["starts"]
        except (OSError, ValueError):
            with suppress(OSError):
                self.paths.record.replace(self.paths.damaged_record)
        entry = {**entry, "from_step": step, "ended": None}
        self.content = {
            "state": "running",
            "step": step,
            "steps": steps,
            "starts": [*before, entry],
        }
        self._write()

    def reach(self, step: int) -> None:
        """Record that the run is saved up to a step."""
        self.content["step"] = step
        self._write()

    def end(self, state: str, reason: str = "") -> None:
        """Record that the process stops training, and why."""
        self.content["state"] = state
        self.content["starts"][-1] |= {"ended": now(), **({"reason": reason} if reason else {})}
        self._write()

    def _write(self) -> None:
        write_json(self.paths.record, self.content)
