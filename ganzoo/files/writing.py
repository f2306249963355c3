"""The one place that writes files: they are there whole or not at all, and no link is followed.

A file is written to a new one of an unguessable name in its folder, brought to the disk, then
renamed: neither a crash nor a power cut leaves half of it. A link that somebody put in its place
is replaced, never followed. Permissions follow the umask.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

# O_NONBLOCK: a pipe that stands in a file's place is refused, not waited for.
SAFE = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
TEMPORARY = re.compile(r"\.ganzoo-([0-9A-Za-z]*)-(\d+)-[0-9a-f]{16}\.part")


def write_with(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Let `write` fill a new file, then give it the name `path`; folders are made as needed.

    durable: wait until it is on the disk; not needed where a lost file is noticed and made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(temporary_name())
    try:
        with new_file(temporary) as file:
            write(file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    write_with(path, lambda file: file.write(text.encode("utf-8")))


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def append(path: Path, content: bytes) -> None:
    """Add to a file's end, or begin it.

    Raises:
        OSError: it cannot be written, or is a link or no regular file.
    """
    with os.fdopen(_open(path, os.O_WRONLY | os.O_APPEND), "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def open_shared(path: Path) -> int:
    """A file that processes read and rewrite in place, as a lock; made if it is not there.

    Raises:
        OSError: it cannot be opened, or is a link or no regular file.
    """
    return _open(path, os.O_RDWR)


def _open(path: Path, how: int) -> int:
    opened = os.open(path, how | os.O_CREAT | SAFE, 0o666)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return opened


def duplicate(source: Path, path: Path) -> None:
    """Give a file a second name, by a hard link where that is possible, else by a copy.

    Raises:
        OSError: one of them cannot be used, or the source is a link.
    """
    if source.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(source))
    temporary = path.with_name(temporary_name())
    try:
        os.link(source, temporary)
    except OSError:  # no hard links here
        with source.open("rb") as opened:
            write_with(path, lambda file: shutil.copyfileobj(opened, file))
        return
    temporary.replace(path)
    temporary.unlink(missing_ok=True)  # two names of one file: renaming does nothing
    sync_folder(path.parent)


def new_file(path: Path) -> BinaryIO:
    """A file that was not there, open for writing and reading.

    Raises:
        FileExistsError: there is one, or a link.
    """
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE, 0o666)
    return os.fdopen(opened, "w+b")


def remove(path: Path) -> None:
    """Delete a file, a link or a whole folder; what is behind links stays, and errors are none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def temporary_name() -> str:
    """A name that nobody can guess; it tells on which machine which process writes the file."""
    return f".ganzoo-{_host()}-{os.getpid()}-{os.urandom(8).hex()}.part"


def left_by(path: Path) -> int:
    """The number of this machine's process that is writing a temporary file; 0 for other files."""
    match = TEMPORARY.fullmatch(path.name)
    return int(match[2]) if match and match[1] == _host() else 0


def _host() -> str:
    return re.sub("[^0-9A-Za-z]", "", socket.gethostname())[:32]
