"""The lock of a run's folder, RUN/.lock: one process at a time owns it, and the file names it.

The operating system locks the file (flock) and unlocks it when the owner's process ends in any way.
On many shared disks this works between machines, too. Some disks have no flock, or have it for one
machine only. There the content of the file decides. On the owner's machine, the lock is valid while
the owner's process is alive. On another machine, it is valid while the owner gives signs of life:
it touches the file every BEAT seconds.
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
from ganzoo.runs.system_processes import is_alive, read_start_time

BEAT = 30.0  # seconds between signs of life
SILENT = 300.0  # after so many seconds without one, an owner on another machine counts as dead
SHORT = 1.0  # seconds to wait for another process that is just writing the lock or releasing it
MOST = 4096  # bytes to read of a lock file
HELD: set[int] = set()  # open locks; a forked child closes them, or they would outlive the owner


def refuse_owned(folder: Path) -> None:
    """Refuse a run that another process owns. Delete a lock that no process holds any more.

    Raises:
        RunError: the run has an owner, or its lock cannot be taken.
    """
    if RunPaths(folder).owner.exists():
        Lock(folder).take().release()


class Lock:
    """The lock of a run's folder, from `take` to `release`.

    Raises:
        RunError: another process holds it; the message names that process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, RunPaths(folder).owner
        self.file = -1
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._live, name="lock", daemon=True)

    def take(self) -> Self:
        """Become the owner.

        Raises:
            RunError: another process is the owner, or the lock file cannot be written.
        """
        deadline = time.monotonic() + SHORT
        while not self._try(time.monotonic() > deadline):
            time.sleep(0.05)
        self.thread.start()
        return self

    def check(self) -> None:
        """Check that this process still owns the folder, if it ever took the lock.

        Raises:
            RunError: the folder was deleted or moved, or another process took the lock.
        """
        if self.file < 0 or self._is_ours():
            return
        if not self.path.exists():  # not the folder: a write in progress may have made it anew
            raise RunError(f"{self.folder}: this run's folder is gone, deleted or moved")
        raise RunError(f"{self.folder}: another process took this run over")

    def release(self) -> None:
        """Delete the lock file and unlock it, if this process holds it."""
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
        """Try once to take the lock; returns whether this process holds it now.

        False: another process is just releasing it or taking it, so try again.
        last: raise instead of returning False where another process holds it.

        Raises:
            RunError: another process owns the run, or the lock file cannot be opened.
        """
        try:
            self.file = open_shared(self.path)
        except OSError as error:
            why = error.strerror or error
            raise RunError(f"{self.path}: this run cannot be locked ({why})") from None
        HELD.add(self.file)
        free, owner = _flock(self.file), _read(self.file)
        if free and not self._is_ours():  # the owner has just deleted the file that was opened
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
        """Write this process into the lock; returns whether no other process overwrote that.

        Another process can do so only where flock does not work.
        """
        own = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "process_started": read_start_time(),
        }
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
        """Whether the owner that the lock names may still be alive; free: what `_flock` said."""
        if owner.get("host") == socket.gethostname():
            known = isinstance(owner.get("pid"), int) and is_number(owner.get("process_started"))
            return not free and known and is_alive(owner["pid"], owner["process_started"])
        return self._age() < SILENT

    def _age(self) -> float:
        """Seconds since the owner's last sign of life, by the disk's clock: it dates a new file."""
        place = self.folder / temporary_name()
        with suppress(OSError):
            with new_file(place) as probe:
                current = os.fstat(probe.fileno()).st_mtime
            place.unlink()
            return max(0.0, current - os.fstat(self.file).st_mtime)
        return 0.0

    def _is_ours(self) -> bool:
        """Whether the open file is still the one at the lock's path."""
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
        """Touch the lock file every BEAT seconds until the release; runs in a thread."""
        while not self.over.wait(BEAT):
            with suppress(OSError):
                os.utime(self.file)


def _flock(file: int) -> bool | None:
    """Lock a file for this process alone.

    True: it is locked. False: another process holds it. None: flock does not work here.
    """
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
    """The owner that the lock file names; empty where the file names none."""
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
