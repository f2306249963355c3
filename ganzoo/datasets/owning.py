"""A folder that is being filled belongs to one process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganzoo.errors import GanzooError
from ganzoo.files.writing import open_shared

LOCK = ".ganzoo-lock"


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Own a folder until the block ends, however the process ends.

    Raises:
        GanzooError: another process owns it.
        OSError: the folder cannot be written.
    """
    file = open_shared(folder / LOCK)
    try:
        _lock(file, folder)
        yield
    finally:
        os.close(file)


def _lock(file: int, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise GanzooError(f"{folder}: another process is filling it just now") from None
    except OSError:  # a disk without locks
        return


def disown_folder(folder: Path) -> None:
    """Remove what `own_folder` leaves behind."""
    with suppress(OSError):
        (folder / LOCK).unlink()
