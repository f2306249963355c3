"""A run's folder has one owner, who holds its lock: RUN/.lock, which says who that is.

The file is locked by the system (flock), which lets go of it when its process ends in any way, and
on many shared disks for other machines, too. Where a disk cannot do that, or does it for one
machine only, what the file says counts: on its own machine whether that process is still there; on
another one when it last gave a sign of life, which it does every BEAT seconds.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ganzoo.errors import RunError
from ganzoo.files.untrusted import UntrustedError, is_number, parse_json
from ganzoo.files.writing import new_file, open_shared, temporary_name
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.run_record import now
from ganzoo.runs.system_processes import birth, is_alive

BEAT = 30.0  # seconds between signs of life
SILENT = 300.0  # seconds without one after which an owner elsewhere is taken to be gone
SHORT = 1.0  # seconds that another process may need to write who it is
MOST = 4096  # bytes of a lock
HELD: set[int] = set()  # files that a child must not hold: a lock would outlive its owner


def refuse_owned(folder: Path) -> None:
    """Refuse early a run that has an owner; a lock that nobody holds any more is deleted.

    Raises:
        RunError: it has one, or its lock cannot be taken.
    """
    if RunPaths(folder).owner.exists():
        Lock(folder).take().release()


class Lock:
    """The lock of a run's folder, from `take` to `release`.

    Raises:
        RunError: another process has it; the message says which.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, RunPaths(folder).owner
        self.file = -1
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._live, name="lock", daemon=True)

    def take(self) -> Self:
        """Become the owner.

        Raises:
            RunError: there is another one, or the lock cannot be made.
        """
        deadline = time.monotonic() + SHORT
        while not self._try(time.monotonic() > deadline):
            time.sleep(0.05)
        self.thread.start()
        return self

    def check(self) -> None:
        """See that the folder is there and still this process's, if it was taken.

        Raises:
            RunError: it was deleted or moved, or somebody else took it.
        """
        if self.file < 0 or self._is_ours():
            return
        if not self.path.exists():  # what is written just then may make an empty folder again
            raise RunError(f"{self.folder}: this run's folder is gone, deleted or moved")
        raise RunError(f"{self.folder}: another process took this run over")

    def release(self) -> None:
        """Give it back."""
        self.over.set()
        if self.file < 0:
            return
        self.thread.join()
        if self._is_ours():
            with suppress(OSError):
                self.path.unlink()
        HELD.discard(self.file)
        os.close(self.file)
        self.file = -1

    def _try(self, last: bool) -> bool:
        """Whether it is ours now; else it was just given back, or is just being taken.

        Raises:
            RunError: it is not, for long.
        """
        try:
            self.file = open_shared(self.path)
        except OSError as error:
            why = error.strerror or error
            raise RunError(f"{self.path}: this run cannot be locked ({why})") from None
        HELD.add(self.file)
        free, owner = _flock(self.file), _read(self.file)
        if free and not self._is_ours():  # its owner has just deleted it
            self._let_go()
            return False
        taken = free is False or (owner != {} and self._lives(owner, free))
        if not taken:
            return self._write()
        age = self._age()
        self._let_go()
        if last or (owner and free is not False):
            raise RunError(_refusal(self.folder, owner, age))
        return False

    def _write(self) -> bool:
        """Say whose it is now; whether nobody else did the same, where flock does not work."""
        own = {"host": socket.gethostname(), "pid": os.getpid(), "process_started": birth()}
        content = json.dumps({**own, "since": now(), "key": temporary_name()}).encode()
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, content, 0)
        os.fsync(self.file)
        if _flock(self.file) is None:
            time.sleep(0.2)
        if os.pread(self.file, MOST, 0) == content and self._is_ours():
            return True
        self._let_go()
        return False

    def _lives(self, owner: dict[str, Any], free: bool | None) -> bool:
        """Whether who is named there may still be at work."""
        if owner.get("host") == socket.gethostname():
            known = isinstance(owner.get("pid"), int) and is_number(owner.get("process_started"))
            return not free and known and is_alive(owner["pid"], owner["process_started"])
        return self._age() < SILENT

    def _age(self) -> float:
        """Seconds since the last sign of life, by the clock of the disk."""
        place = self.folder / temporary_name()
        with suppress(OSError):
            with new_file(place) as probe:
                current = os.fstat(probe.fileno()).st_mtime
            place.unlink()
            return max(0.0, current - os.fstat(self.file).st_mtime)
        return 0.0

    def _is_ours(self) -> bool:
        """Whether the open file is the one that has the name."""
        try:
            there, own = self.path.lstat(), os.fstat(self.file)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino)

    def _let_go(self) -> None:
        HELD.discard(self.file)
        os.close(self.file)
        self.file = -1

    def _live(self) -> None:
        """In a thread: give signs of life."""
        while not self.over.wait(BEAT):
            with suppress(OSError):
                os.utime(self.file)


def _flock(file: int) -> bool | None:
    """Whether the system gave it to this process alone; None where it cannot say."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held = error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)
        return False if held else None
    return True


def _read(file: int) -> dict[str, Any]:
    """The owner that the file names; empty where it names none."""
    try:
        owner = parse_json(os.pread(file, MOST, 0))
    except (OSError, UntrustedError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _refusal(folder: Path, owner: dict[str, Any], age: float) -> str:
    host, pid, since = (str(owner.get(key, "unknown")) for key in ("host", "pid", "since"))
    elsewhere = (
        f". Its last sign of life was {age:.0f} s ago: if it is gone, try again "
        f"{SILENT / 60:.0f} minutes after that"
        if host != socket.gethostname()
        else ""
    )
    return (
        f"{folder} is being trained by process {pid} on {host}, since {since}; nothing was "
        f"changed. Wait for its end, or stop it by Ctrl-C or kill {pid} there{elsewhere}"
    )


def _close_in_child() -> None:
    for file in HELD:
        with suppress(OSError):
            os.close(file)
    HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
