"""Temporary files whose process was killed while it wrote them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from ganzoo.files.writing import TEMPORARY, find_writer
from ganzoo.runs.system_processes import existed_at

HOUR = 3600.0  # after so many seconds, another machine is surely no longer writing its file


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files in a folder that no process is writing any more.

    Folders inside the folder are left alone.
    """
    for file in [*folder.glob(".ganzoo-*.part")]:
        with suppress(OSError):
            if TEMPORARY.fullmatch(file.name) and _is_left(file):
                file.unlink()


def _is_left(file: Path) -> bool:
    """Whether the process that wrote the file is gone.

    A process with the same number that started after the file was written is a different process.
    """
    written, process = file.lstat().st_mtime, find_writer(file)
    return not existed_at(process, written) if process else time.time() - written > HOUR
