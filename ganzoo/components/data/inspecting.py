"""Checks of many image files before the first step, and fingerprints of their folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

from ganzoo.components.data.headers import HeaderSummary
from ganzoo.components.data.image_files import read_header
from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.transforms import Framing
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

THREADS = 8
# How many files a thread gets at once at most: to hand over one takes as long as its header.
SHARE = 32
# How many broken files are named; further ones are only counted.
NAMED = 3


def read_headers(
    files: Iterable[tuple[Path, Variable]],
) -> tuple[dict[Path, HeaderSummary], dict[Path, DataError]]:
    """The headers of files that are read as these variables, and the errors of unreadable ones.

    The header of a file that is read as two variables is read twice; the last one is returned.
    """
    headers: dict[Path, HeaderSummary] = {}
    wrong: dict[Path, DataError] = {}
    distinct = list(dict.fromkeys(files))
    share = max(1, min(SHARE, len(distinct) // (4 * THREADS)))
    shares = [distinct[start : start + share] for start in range(0, len(distinct), share)]
    with ThreadPoolExecutor(THREADS) as pool:
        for (path, _), header in zip(distinct, chain(*pool.map(_read_all, shares)), strict=True):
            if isinstance(header, HeaderSummary):
                headers[path] = header
            else:
                wrong.setdefault(path, header)
    return headers, wrong


def find_too_small(
    headers: Mapping[Path, HeaderSummary], files: Iterable[tuple[Path, Variable]], framing: Framing
) -> dict[Path, DataError]:
    """The errors of files of which no sample can be cut."""
    read = ((path, variable) for path, variable in files if path in headers)
    reasons = ((p, framing.of(v).find_obstacle(headers[p].size, headers[p].pages)) for p, v in read)
    return {p: DataError(f"{shown(p)} cannot be used: {why}") for p, why in reasons if why}


def files_by_name(files: Iterable[tuple[Path, str]]) -> dict[str, list[Path]]:
    """The files of each variable, each once."""
    by_name: dict[str, dict[Path, None]] = {}
    for path, name in files:
        by_name.setdefault(name, {})[path] = None
    return {name: list(paths) for name, paths in by_name.items()}


def list_pages(files: Sequence[Path], variable: Variable) -> dict[Path, list[ImagePage]]:
    """The images that each file holds: one, or with `pages = "each"` as many as pages.

    A file that cannot be read counts as one.
    """
    if variable.pages != "each":
        return {path: [ImagePage(path)] for path in files}
    headers, _ = read_headers((path, variable) for path in files)
    counts = {path: headers[path].pages if path in headers else 1 for path in files}
    return {path: [ImagePage(path, page) for page in range(n)] for path, n in counts.items()}


def format_faults(wrong: Sequence[DataError], count: int) -> str:
    """The first errors, a line each, and how many more there are. count: of all files."""
    rest = len(wrong) - NAMED
    more = [f"and {rest} more of {count} files"] if rest > 0 else []
    return "\n  ".join([*map(str, wrong[:NAMED]), *more])


def digest(folder: Path, images: Sequence[Path]) -> dict[str, Any]:
    """A fingerprint of a folder's images: their number, bytes, and a hash of names and sizes.

    It does not depend on where the folder is: names are those below it.
    """
    sizes = {path.relative_to(folder).as_posix(): _size(path) for path in images}
    hashed = hashlib.blake2b(digest_size=16)
    for name, size in sorted(sizes.items()):
        hashed.update(os.fsencode(name) + b"\0" + str(size).encode() + b"\0")
    return {"images": len(sizes), "bytes": sum(sizes.values()), "digest": hashed.hexdigest()}


def format_names(paths: Sequence[Path]) -> str:
    """The names of the first files, and how many more there are."""
    rest = len(paths) - NAMED
    names = ", ".join(shown(Path(path.name)) for path in paths[:NAMED])
    return names + (f" and {rest} more" if rest > 0 else "")


def describe_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The differences of two fingerprints, a phrase for each folder that differs."""
    keys = [*before, *(key for key in now if key not in before)]
    return [
        f"{key}: {_difference(before.get(key), now.get(key))}"
        for key in keys
        if before.get(key) != now.get(key)
    ]


def _difference(before: Any, now: Any) -> str:
    if not isinstance(before, dict) or not isinstance(now, dict):
        return (
            "it was not there before" if before is None else "it is gone" if now is None else "new"
        )
    if before.get("images") != now.get("images"):
        return f"{now.get('images')} images, where there were {before.get('images')}"
    return f"as many images as before ({now.get('images')}), of other names or sizes"


def _read_all(files: Sequence[tuple[Path, Variable]]) -> list[HeaderSummary | DataError]:
    return [_read(file) for file in files]


def _read(file: tuple[Path, Variable]) -> HeaderSummary | DataError:
    try:
        return read_header(*file)
    except DataError as error:
        return error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it went away, or a link leads nowhere
        return -1
