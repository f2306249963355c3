"""A finding: what was noticed in a folder of images, of which files, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganzoo.components.data.image_listing import shown

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something to know before training.

    kind: a word for programs, such as `unreadable`.
    level: an `error` stops a training, a `warning` spoils it or its scores, a `note` does neither.
    text: a sentence without a full stop.
    files: the files that it is about, or groups of files, as `a.png = b.png`; possibly none.
    advice: what to do, the setting to write or the command to type.
    suspects: the files themselves, to be shown on the sheet.
    """

    kind: str
    level: Level
    text: str
    files: tuple[str, ...] = ()
    advice: str = ""
    suspects: tuple[Path, ...] = ()


def below(folder: Path, path: Path) -> str:
    """A file's name below the folder that is checked, for messages."""
    return shown(path.relative_to(folder))


def names_below(folder: Path, paths: Iterable[Path]) -> tuple[str, ...]:
    """Files' names below the folder that is checked."""
    return tuple(below(folder, path) for path in paths)


def about(
    kind: str, level: Level, text: str, folder: Path, paths: Sequence[Path], advice: str = ""
) -> Finding:
    """A finding about single files."""
    return Finding(kind, level, text, names_below(folder, paths), advice, tuple(paths))


def images(count: int) -> str:
    """`1 image has`, `2 images have`."""
    return f"{count} image has" if count == 1 else f"{count} images have"
