"""Which file becomes which: targets are one-to-one, and nothing that is there is lost."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from ganzoo.components.data.image_listing import Survey, format_left_out, no_images, shown, survey
from ganzoo.errors import DataError, GanzooError

Existing = Literal["error", "skip", "overwrite"]
"""What happens where an output file is there already."""
Pair = tuple[Path, Path]
"""An input and the output that it becomes."""


def find_pairs(source: Path, target: Path) -> tuple[list[Pair], str]:
    """A file to a file, or a folder to a folder of the same tree; and what is left out, told.

    Files that differ only in their suffix keep it: `a.jpg` and `a.png` become `a.jpg.png` and
    `a.png.png`. What lies in the target is no input, where that lies in the source.

    Raises:
        DataError: there is no such file, or no image in the folder.
        GanzooError: the target cannot be one, or two inputs would become one file.
    """
    if source.is_file():
        is_folder = target.is_dir() or not target.suffix
        return [(source, target / f"{source.stem}.png" if is_folder else _png(target))], ""
    if not source.is_dir():
        raise DataError(f"{shown(source)}: there is no such file or folder")
    if target.is_file():
        raise GanzooError(f"{target} is a file; the images of a folder need a folder")
    files_there = survey(source)
    files = _outside(target, source, files_there)
    if not files:
        raise DataError(
            f"{shown(source)}: there are no images in this folder{no_images(files_there)}"
        )
    names = one_to_one([file.relative_to(source) for file in files])
    pairs = [(file, target / name) for file, name in zip(files, names, strict=True)]
    return pairs, format_left_out([files_there])


def one_to_one(files: Sequence[Path]) -> list[Path]:
    """The PNG's name for each file, all different, also where capitals do not count.

    Raises:
        GanzooError: two files have names that differ in capitals alone.
    """
    whole: set[Path] = set()
    while True:
        names = [_name(file, file in whole) for file in files]
        groups: dict[str, list[Path]] = defaultdict(list)
        for file, name in zip(files, names, strict=True):
            groups[_folded(name)].append(file)
        clashing = [group for group in groups.values() if len(group) > 1]
        if not clashing:
            return names
        if stuck := [group for group in clashing if whole.issuperset(group)]:
            one, two = stuck[0][:2]
            raise GanzooError(
                f"{shown(one)} and {shown(two)} would become one file where capitals do not "
                "count; rename one of them. Nothing was written"
            )
        whole.update(file for group in clashing for file in group)


def refuse_existing(targets: Iterable[Path]) -> None:
    """See that nothing would be overwritten.

    Raises:
        GanzooError: a file is there already, or a folder cannot be looked into.
    """
    taken = existing(targets)
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise GanzooError(f"{taken[0]}{more} is there already; nothing was written")


def existing(targets: Iterable[Path]) -> list[Path]:
    """Those that are there, links that lead nowhere included.

    Raises:
        GanzooError: a folder cannot be looked into.
    """
    try:
        return [path for path in targets if path.exists() or os.path.lexists(path)]
    except OSError as error:
        raise GanzooError(f"{error.filename}: {error.strerror}") from error


def left_to_do(pairs: Sequence[Pair], policy: Existing) -> list[Pair]:
    """The pairs to work on, by what is done about outputs that are there.

    Raises:
        GanzooError: they are refused, or an input would be overwritten.
    """
    sources = {source.resolve() for source, _ in pairs}
    lost = [target for _, target in pairs if target.resolve() in sources]
    if policy == "overwrite" and lost:
        raise GanzooError(f"{lost[0]} is an input as well; name another folder for the output")
    if policy == "error":
        try:
            refuse_existing(target for _, target in pairs)
        except GanzooError as error:
            raise GanzooError(f"{error}; --existing skip goes on, overwrite replaces") from None
    there = set(existing(target for _, target in pairs)) if policy == "skip" else set()
    return [(source, target) for source, target in pairs if target not in there]


def _outside(target: Path, source: Path, files_there: Survey) -> list[Path]:
    """The images that are no results of an earlier call, in a target within the source."""
    inside = target.resolve()
    if inside == source.resolve():
        return files_there.images
    return [file for file in files_there.images if inside not in file.resolve().parents]


def _name(file: Path, whole: bool) -> Path:
    return file.with_name(f"{file.name}.png") if whole else file.with_suffix(".png")


def _folded(name: Path) -> str:
    return unicodedata.normalize("NFC", shown(name)).casefold()


def _png(target: Path) -> Path:
    if target.suffix.lower() != ".png":
        png = target.with_suffix(".png")
        raise GanzooError(f"{target}: images are written as PNG; name it {png}")
    return target
