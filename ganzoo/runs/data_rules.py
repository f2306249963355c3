"""Whether the data of a run that is resumed are those that it was trained and measured on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ganzoo.components.data.inspecting import describe_changes
from ganzoo.errors import RunError
from ganzoo.interfaces import Data
from ganzoo.runs.commands import resume_command
from ganzoo.runs.resume_rules import Change
from ganzoo.runs.run_record import DATA, read_record


def check_data_same(
    folder: Path, data: Data, allowed: Collection[str] = (), splits: Mapping[str, Any] | None = None
) -> list[Change]:
    """The changes of a run's prepared data that were made on purpose; see `check_recipe_same`.

    splits: what identifies the held-out items as they are dealt; it changes with their content,
        even where names and sizes of files are the same.

    Raises:
        RunError: the data differ from those that the run was last trained on, and `allowed` does
            not name them.
    """
    before = read_fingerprint(folder)
    differ = describe_changes(before, data.fingerprint()) if before is not None else []
    differ = differ or _changed_splits(read_splits(folder), splits or {})
    if differ and DATA not in allowed:
        go_on = resume_command(folder, "--change", DATA)
        raise RunError(
            f"{folder}: the data have changed since this run was trained: {'; '.join(differ)}\n"
            f"  put them back, or go on with them as they are: {go_on}"
        )
    return [{"path": DATA, "from": None, "to": each} for each in differ]


def warn_unrecorded(folder: Path, data: Data) -> list[str]:
    """A warning if the run has no record of its data, so that a change cannot be noticed."""
    if read_fingerprint(folder) is not None or not data.fingerprint():
        return []
    return ["run.json has no record of this run's data: the data are taken as they are"]


def read_fingerprint(folder: Path) -> Mapping[str, Any] | None:
    """The fingerprint of the data that a run was last trained on; None if it is not recorded."""
    for entry in _read_starts(folder):
        data = entry.get("data")
        if isinstance(data, dict) and isinstance(data.get("fingerprint"), dict):
            return dict(data["fingerprint"])
    return None


def read_splits(folder: Path) -> Mapping[str, Any]:
    """How a run's held-out items were last dealt; empty if it is not recorded."""
    return next((entry["splits"] for entry in _read_starts(folder) if entry.get("splits")), {})


def _read_starts(folder: Path) -> list[dict[str, Any]]:
    """The starts of a run, the last one first; none if run.json is missing or damaged."""
    try:
        record = read_record(folder) or {"starts": []}
    except (OSError, ValueError):
        return []
    return [*reversed(record["starts"])]


def _changed_splits(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The splits whose items changed; with another share they may, as that was asked for."""
    if before.get("share") != now.get("share"):
        return []
    names = [name for name in now if name != "share" and before.get(name) != now[name]]
    return [f"{name}: held-out samples of other content" for name in names]
