"""run.json: where, with what and how far a run was trained. Light: nothing here imports torch."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from ganzoo.files import write_json

FILE = "run.json"


def now() -> str:
    """The local time with its offset: `2026-11-22T02:53:56+00:00`."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def read_record(folder: Path) -> dict[str, Any] | None:
    """What a run says of itself; None where it says nothing.

    Raises:
        OSError, ValueError: it cannot be read, or is no record.
    """
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("starts"), list):
        raise ValueError(f"{folder / FILE}: this is no record of a run")
    return found


def last_start(record: dict[str, Any]) -> dict[str, Any]:
    """The latest entry, or an empty one."""
    entry = record["starts"][-1] if record["starts"] else {}
    return entry if isinstance(entry, dict) else {}


def is_running(entry: dict[str, Any]) -> bool:
    """Whether the process of an entry is still there; ask only on its own host."""
    from ganzoo.run.system import is_alive

    return is_alive(int(entry["pid"]), float(entry["process_started"]))


class RunRecord:
    """The record of one run, rewritten whole at each change. Only the main process writes.

    state: `running`, `stopped` (saved, can go on), `interrupted` (an error, or stopped without
    saving) or `finished`. Who was killed leaves `running`: look whether the process is alive.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content: dict[str, Any] = {}

    def begin(self, entry: dict[str, Any], step: int, steps: int) -> None:
        """A start: one more entry. A record that is damaged begins anew."""
        before: list[Any] = []
        with suppress(OSError, ValueError):
            before = (read_record(self.folder) or {"starts": []})["starts"]
        entry = {**entry, "from_step": step, "ended": None}
        self.content = {
            "state": "running",
            "step": step,
            "steps": steps,
            "starts": [*before, entry],
        }
        self._write()

    def reach(self, step: int) -> None:
        """So many steps are saved."""
        self.content["step"] = step
        self._write()

    def end(self, state: str, reason: str = "") -> None:
        """The process stops training."""
        self.content["state"] = state
        self.content["starts"][-1] |= {"ended": now(), **({"reason": reason} if reason else {})}
        self._write()

    def _write(self) -> None:
        write_json(self.folder / FILE, self.content)
