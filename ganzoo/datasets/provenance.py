"""ganzoo-data.json: how a folder of images came about, and what was in it then."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ganzoo import __version__
from ganzoo.datasets.checksums import digest_file
from ganzoo.datasets.download import Tick, is_disk_full
from ganzoo.datasets.owning import LOCK
from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import UntrustedError, read_object
from ganzoo.files.writing import write_json

FILE = "ganzoo-data.json"
NOTE = "README.md"
WRITTEN, FETCHED = "ganzoo data make", "ganzoo data fetch"


def read_record(folder: Path) -> dict[str, Any]:
    """What a folder's record says; empty where it has none, or a damaged one."""
    try:
        return read_object(folder / FILE)
    except (OSError, UntrustedError):
        return {}


def write_record(folder: Path, command: str, facts: dict[str, Any]) -> None:
    """Write a folder's record.

    Raises:
        OSError: it cannot be written.
    """
    when = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder / FILE, {"command": command, "ganzoo": __version__, "date": when, **facts})


def count_files(folder: Path) -> dict[str, int]:
    """How many files each folder has, by its path in the folder; "" for the folder itself."""
    counts: dict[str, int] = {}
    for path in _files(folder):
        name = path.parent.relative_to(folder).as_posix()
        counts["" if name == "." else name] = counts.get("" if name == "." else name, 0) + 1
    return counts


def describe_content(
    folder: Path, doing: str, tick: Tick = lambda doing, done, total: None
) -> dict[str, Any]:
    """How many files there are, their bytes, and a checksum of their names and contents.

    Raises:
        OSError: a file cannot be read.
        UntrustedError: one is no regular file any more.
    """
    every, done = hashlib.sha256(), 0
    sizes = {path: path.stat().st_size for path in _files(folder)}
    total = sum(sizes.values())
    for path, size in sizes.items():
        content = digest_file(path)
        every.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode(errors="replace"))
        done += size
        tick(doing, done, total)
    return {"files": len(sizes), "bytes": total, "sha256": every.hexdigest()}


def describe_changes(folder: Path, tick: Tick) -> str:
    """What differs between a fetched folder and its record, in words; "" for nothing.

    Raises:
        GanzooError: a file cannot be read.
    """
    record = read_record(folder)
    with writable(folder):
        now = describe_content(folder, "checking", tick)
    if now["sha256"] == record.get("sha256"):
        return ""
    there, then = now["files"], record.get("files")
    return f"{there:,} files, not {then:,}" if there != then else "some files have changed"


def refuse_filled(folder: Path) -> None:
    """Refuse a folder that holds something, unless an interrupted run left it.

    Raises:
        GanzooError: it holds something else, or is no folder.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    record = read_record(folder) if folder.is_dir() else {}
    if record.get("command") != WRITTEN or record.get("complete") is not False:
        raise GanzooError(f"{folder} is there already: give another folder")


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn errors of the disk into one sentence.

    Raises:
        GanzooError: the disk is full, or a file cannot be read or written.
    """
    try:
        yield
    except UntrustedError as error:
        raise GanzooError(str(error)) from error
    except OSError as error:
        if is_disk_full(error):
            raise GanzooError(f"{folder}: the disk is full") from error
        where = error.filename or folder
        raise GanzooError(f"{where}: {error.strerror or error}") from error


def _files(folder: Path) -> Iterator[Path]:
    """All files of a folder but what ganzoo wrote about it, in an order that is always the same."""
    for place, names, files in os.walk(folder):
        names.sort()
        for name in sorted(files):
            path = Path(place, name)
            if path not in (folder / FILE, folder / NOTE, folder / LOCK):
                yield path
