"""The headers of many image files, looked at before the first step; what is there, as a digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ganzoo.components.data.headers import Look
from ganzoo.components.data.image_files import look_at
from ganzoo.components.data.image_listing import shown
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

THREADS = 8
# How many broken files are named before the rest is only counted.
NAMED = 3


def look_at_all(
    files: Iterable[tuple[Path, Variable]],
) -> tuple[dict[Path, Look], dict[Path, DataError]]:
    """What the headers of files say that are read as these variables, and what is wrong.

    A file that is read as two variables is looked at for each; the last look is kept.
    """
    looks: dict[Path, Look] = {}
    wrong: dict[Path, DataError] = {}
    distinct = list(dict.fromkeys(files))
    with ThreadPoolExecutor(THREADS) as pool:
        for (path, _), found in zip(distinct, pool.map(_look, distinct), strict=True):
            if isinstance(found, Look):
                looks[path] = found
            else:
                wrong.setdefault(path, found)
    return looks, wrong


def all_wrong(wrong: Sequence[DataError], count: int) -> str:
    """What is wrong with some of so many files: the first ones, and how many more there are."""
    rest = len(wrong) - NAMED
    more = [f"and {rest} more of {count} files"] if rest > 0 else []
    return "\n  ".join([*map(str, wrong[:NAMED]), *more])


def digest(folder: Path, images: Sequence[Path]) -> dict[str, Any]:
    """What a folder's images are, wherever it is: number, bytes, a hash of names and sizes.

    Equal for equal names below the folder and equal sizes.
    """
    sizes = {path.relative_to(folder).as_posix(): _size(path) for path in images}
    hashed = hashlib.blake2b(digest_size=16)
    for name, size in sorted(sizes.items()):
        hashed.update(os.fsencode(name) + b"\0" + str(size).encode() + b"\0")
    return {"images": len(sizes), "bytes": sum(sizes.values()), "digest": hashed.hexdigest()}


def named(paths: Sequence[Path]) -> str:
    """The first names, and how many more there are."""
    rest = len(paths) - NAMED
    names = ", ".join(shown(Path(path.name)) for path in paths[:NAMED])
    return names + (f" and {rest} more" if rest > 0 else "")


def compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """How the data of two fingerprints differ, a phrase a folder: `x: 12 images, not 10`."""
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


def _look(file: tuple[Path, Variable]) -> Look | DataError:
    try:
        return look_at(*file)
    except DataError as error:
        return error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it went away, or a link leads nowhere
        return -1
