"""The room that a folder of cached files may take: its oldest files leave when it is full."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

# So many bytes may be written before the folder is measured again, as other processes write, too.
MEASURED = 64 * 10**6
# What stays free on the disk: so many bytes, and this share of it.
FREE, SHARE = 2 * 10**9, 0.05
# Files used since this many seconds before the process began stay: what one epoch needs would make
# room for the rest of it, and none of it would ever be found.
RECENT = 3600


class CacheRoom:
    """Room for files in a folder and its subfolders.

    limit: how many bytes all of them may take.
    """

    def __init__(self, folder: Path, limit: float) -> None:
        self.folder, self.limit = folder, limit
        self.start = time.time()
        self._left: int | None = None
        self._full = False

    def take(self, size: int) -> bool:
        """Whether a file of so many bytes may be written now.

        Raises:
            OSError: the folder cannot be made.
        """
        if self._full or size > self.limit / 8:
            return False
        if self._left is None or self._left < size:
            self._left = min(self._measure(size), max(MEASURED, size))
            self._full = self._left < size
        self._left -= size
        return not self._full

    def _measure(self, size: int) -> int:
        """How many bytes may be written, once files that were not used for long are deleted."""
        # Images may be private.
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = sorted(_list_files(self.folder))
        disk = shutil.disk_usage(self.folder)
        total = sum(each for _, each, _ in files)
        left = self.limit - total
        for used, each, path in files:
            if left >= max(MEASURED, size) or used > self.start - RECENT:
                break
            if _delete(path):
                left += each
        return int(min(left, disk.free - FREE - SHARE * disk.total))


def _list_files(folder: Path) -> Iterator[tuple[float, int, str]]:
    """The files two levels below the folder: when each was last used, its bytes and its path."""
    for inner in os.scandir(folder):
        if inner.is_dir(follow_symlinks=False):
            for entry in os.scandir(inner):
                status = entry.stat(follow_symlinks=False)
                yield status.st_mtime, status.st_size, entry.path


def _delete(path: str) -> bool:
    try:
        os.unlink(path)  # noqa: PTH108 (thousands of them)
    except OSError:  # another process deleted it, or reads it on Windows
        return False
    return True
