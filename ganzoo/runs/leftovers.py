"""Temporary files whose process was killed while it wrote them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from ganzoo.files.writing import TEMPORARY, left_by
from ganzoo.runs.system_processes import is_older

HOUR = 3600.0  # another machine's file of that age is surely not being written


def remove_leftovers(folder: Path) -> None:
    """Delete what nobody is writing any more, in a folder but not below it."""
    for file in [*folder.glob(".ganzoo-*.part")]:
        with suppress(OSError):
            if TEMPORARY.fullmatch(file.name) and _is_left(file):
                file.unlink()


def _is_left(file: Path) -> bool:
    """A process of that number that is younger than the file is another one."""
    written, process = file.lstat().st_mtime, left_by(file)
    return not is_older(process, written) if process else time.time() - written > HOUR
