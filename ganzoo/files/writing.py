"""The one place that writes files: completely or not at all, and never through a link.

The content goes to a temporary file with an unguessable name in the same folder. That file is
synced to the disk, then renamed, so neither a crash nor a power cut leaves half a file. If somebody
put a link in the file's place, the link is replaced, never followed. Permissions follow the umask.
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

# O_NONBLOCK: opening a pipe in the place of a file fails at once instead of waiting for a reader.
SAFE = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
TEMPORARY = re.compile(r"\.ganzoo-([0-9A-Za-z]*)-(\d+)-[0-9a-f]{16}\.part")


def write_with(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Let `write` fill a temporary file, then rename it to `path`; missing folders are made.

    durable: wait until the file is on the disk. A file that would be noticed as lost and made again
        does not need it.
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


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of this content."""
    write_with(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def append(path: Path, content: bytes) -> None:
    """Append to a file, or create it.

    Raises:
        OSError: the file cannot be written, or is a link or no regular file.
    """
    with os.fdopen(_open(path, os.O_WRONLY | os.O_APPEND), "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def open_shared(path: Path) -> int:
    """Open a file that several processes read and rewrite in place, such as a lock, or create it.

    Returns the file descriptor.

    Raises:
        OSError: the file cannot be opened, or is a link or no regular file.
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
        OSError: the source cannot be read or is a link, or the second name cannot be written.
    """
    if source.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(source))
    temporary = path.with_name(temporary_name())
    try:
        os.link(source, temporary)
    except OSError:  # the disk has no hard links
        with source.open("rb") as opened:
            write_with(path, lambda file: shutil.copyfileobj(opened, file))
        return
    temporary.replace(path)
    temporary.unlink(missing_ok=True)  # left if `path` was a name of this file already
    sync_folder(path.parent)


def new_file(path: Path) -> BinaryIO:
    """Create a file and open it for writing and reading.

    Raises:
        FileExistsError: a file or a link of that name exists.
    """
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE, 0o666)
    return os.fdopen(opened, "w+b")


def remove(path: Path) -> None:
    """Delete a file, a link or a whole folder; errors are ignored, and no link is followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Sync a folder's list of names to the disk, where the system can do that."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def sync_everything() -> None:
    """Write to the disks what the system has not yet; of many files, that is faster than each."""
    if hasattr(os, "sync"):
        os.sync()


def temporary_name() -> str:
    """An unguessable name for a temporary file; it holds the machine and the process number."""
    return f".ganzoo-{_host()}-{os.getpid()}-{os.urandom(8).hex()}.part"


def find_writer(path: Path) -> int:
    """The process of this machine that wrote a temporary file, by its name; 0 for other files."""
    match = TEMPORARY.fullmatch(path.name)
    return int(match[2]) if match and match[1] == _host() else 0


def _host() -> str:
    return re.sub("[^0-9A-Za-z]", "", socket.gethostname())[:32]
