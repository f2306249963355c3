"""Reads untrusted files: only regular files, up to a limit of size and of nesting.

A run, a study or a model may come from a stranger. A pipe in the place of a file would make the
reader wait forever, a link may lead to the reader's own files, and JSON may exceed the memory.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

LARGEST = 64 << 20  # the largest file that is read at once, in bytes
LONGEST = 1 << 20  # the longest line, in bytes
DEEPEST = 64  # levels of nested lists and objects; ganzoo writes fewer than ten
MOST, MOST_COUNTED = 1e300, 2**53


class UntrustedError(ValueError):
    """A file is refused for its kind, place, size or content; the message names the file."""


def open_plain(path: Path, within: Path | None = None) -> BinaryIO:
    """Open a regular file for reading; refuse a device or a pipe without waiting for it.

    within: a folder in which the file must lie; a link that leads out of it is refused.

    Raises:
        UntrustedError: the path is no regular file, or leads out of `within`.
        OSError: the file is missing, or may not be read.
    """
    place = path if within is None else inside(path, within)
    refuse_special(path, place.stat())
    follow = 0 if within is None else getattr(os, "O_NOFOLLOW", 0)
    number = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | follow)
    file = os.fdopen(number, "rb")
    try:
        refuse_special(path, os.fstat(number))  # the file may have been replaced since the check
    except UntrustedError:
        file.close()
        raise
    return file


def refuse_special(path: Path, status: os.stat_result | None = None) -> None:
    """Refuse devices, pipes and folders: opening a pipe may block forever.

    Raises:
        UntrustedError: the path is no regular file.
        OSError: the file is missing.
    """
    if not stat.S_ISREG((status or path.stat()).st_mode):
        raise UntrustedError(f"{path}: this is no regular file")


def inside(path: Path, folder: Path) -> Path:
    """Resolve a path; the file it leads to must lie in the folder, or be the folder.

    Raises:
        UntrustedError: a link leads out of the folder.
    """
    place = Path(os.path.realpath(path))
    if not place.is_relative_to(os.path.realpath(folder)):
        raise UntrustedError(f"{path}: this leads out of {folder}, and is left alone")
    return place


def is_plain(path: Path, within: Path | None = None) -> bool:
    """Whether the path leads to a regular file that lies in the folder `within`."""
    try:
        place = path if within is None else inside(path, within)
        return stat.S_ISREG(place.stat().st_mode)
    except (OSError, ValueError):
        return False


def read_plain(path: Path, most: int = LARGEST, within: Path | None = None) -> bytes:
    """The content of a file of at most `most` bytes.

    Raises:
        UntrustedError: the path is no regular file, leads out of `within`, or the file is too
            large.
        OSError: the file is missing, or may not be read.
    """
    with open_plain(path, within) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UntrustedError(f"{path}: this has more than the {most:,} bytes that are read")
    return content


def read_text(path: Path, most: int = LARGEST, within: Path | None = None) -> str:
    """The text of a file in UTF-8; a byte order mark is dropped.

    Raises:
        UntrustedError, OSError: as `read_plain`; or the file is no text in UTF-8.
    """
    try:
        return read_plain(path, most, within).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UntrustedError(f"{path}: this is no text in UTF-8 (byte {error.start})") from None


def read_json(path: Path, most: int = LARGEST, within: Path | None = None) -> Any:
    """The value in a JSON file.

    Raises:
        UntrustedError, OSError: as `read_text`; or the file is no JSON, or nested too deeply.
    """
    text = read_text(path, most, within)
    try:
        return parse_json(text)
    except UntrustedError as error:
        raise UntrustedError(f"{path}: {error}") from None


def read_object(path: Path, most: int = LARGEST, within: Path | None = None) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        UntrustedError, OSError: as `read_json`; or the value is no object.
    """
    table = read_json(path, most, within)
    if not isinstance(table, dict):
        raise UntrustedError(f"{path}: this holds no JSON object")
    return table


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text; NaN and infinities become None, see `runs.folder.finite`.

    Raises:
        UntrustedError: the text is no JSON, or nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise UntrustedError("this is nested too deeply") from None
    except ValueError as error:
        raise UntrustedError(f"this is no JSON ({error})") from None
    if deeper(value, DEEPEST):
        raise UntrustedError("this is nested too deeply")
    return value


def deeper(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested deeper than `levels`."""
    if not isinstance(value, (Mapping, list, tuple)):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(deeper(item, levels - 1) for item in inner)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 to 2^53, which every JSON reader keeps exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNTED


def is_number(value: Any) -> bool:
    """Whether a value is a number within +-1e300, so that sums and differences stay finite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST


def value_at(value: Any, *keys: str) -> Any:
    """What nested objects hold at these keys, one in the other; None where one is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def table_at(value: Any, *keys: str) -> dict[str, Any]:
    """The object at these keys; empty where there is none."""
    inner = value_at(value, *keys)
    return inner if isinstance(inner, dict) else {}


def tables_at(value: Any, *keys: str) -> dict[str, dict[str, Any]]:
    """Of the object at these keys what are objects themselves and not empty, by name."""
    inner = table_at(value, *keys).items()
    return {name: table for name, table in inner if isinstance(table, dict) and table}


def read_objects(
    path: Path,
    within: Path | None = None,
    most: int | None = LARGEST,
    tell: Callable[[str], None] = lambda fault: None,
) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file with one object on each line; lines cut by a crash are skipped.

    most: how many bytes to read at most; None reads to the end, one line at a time.
    tell: called with one sentence if anything was left out.

    Raises:
        UntrustedError: the path is no regular file, or leads out of `within`.
        OSError: the file is missing, or may not be read.
    """
    odd = read = 0
    with open_plain(path, within) as file:
        while line := file.readline(LONGEST):
            read += len(line)
            if most is not None and read > most:
                tell(f"{path}: only the first {most:,} bytes are read")
                break
            table = _object(line)
            if table is not None:
                yield table
            elif line.strip() and line.endswith(
                b"\n"
            ):  # without it, the line is still being written
                odd += 1
    if odd:
        tell(f"{path}: {odd} line{'s' if odd > 1 else ''} cannot be read and are skipped")


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse_json(line)
    except UntrustedError:
        return None
    return value if isinstance(value, dict) else None
