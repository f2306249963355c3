"""Which files of a folder are images, and which are not. Nothing here imports torch."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.components.readers.installed_readers import read_suffixes
from ganzoo.errors import DataError

if TYPE_CHECKING:
    from ganzoo.components.data.image_source import ImageSource

# How many suffixes are named; the files of others are only counted.
NAMED = 6


@dataclass(frozen=True)
class Survey:
    """What a folder and its subfolders hold.

    images: sorted. left_out: how many other files there are, by suffix in lower case ("" for none).
    """

    images: list[Path] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)


def survey(folder: Path, refused: list[DataError] | None = None) -> Survey:
    """All files below a folder. An image has a suffix of a reader, in either case.

    Hidden files and folders (`._photo.jpg`, `.ipynb_checkpoints`) are ignored. Folders that are
    links are followed, but not into a folder that they lie in.
    refused: takes the errors of folders that cannot be listed, which are then left out.

    Raises:
        DataError: a folder cannot be listed, and there is no `refused`.
    """
    return sort(walk(folder, refused))


def sort(files: Iterable[Path]) -> Survey:
    """Files as images and others."""
    images: list[Path] = []
    left_out: Counter[str] = Counter()
    for path in files:
        if is_image(path):
            images.append(path)
        else:
            left_out[path.suffix.lower()] += 1
    return Survey(sorted(images), left_out)


def list_images(folder: Path) -> list[Path]:
    """The images that `survey` finds, sorted.

    Raises:
        DataError: a folder cannot be listed.
    """
    return survey(folder).images


def walk(folder: Path, refused: list[DataError] | None = None) -> Iterator[Path]:
    """Every file below a folder that is not hidden, in no order.

    refused: as of `survey`.

    Raises:
        DataError: a folder cannot be listed, and there is no `refused`.
    """
    return _walk(folder, frozenset(), refused)


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """The files and folders in a folder that are not hidden, in no order.

    Raises:
        DataError: it cannot be listed.
    """
    try:
        return [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"{shown(folder)} cannot be listed: {reason}") from error


def counted(images: int) -> str:
    """`1 image`, `12 images`."""
    return f"{images} image{'' if images == 1 else 's'}"


def is_image(path: Path) -> bool:
    """Whether a file is an image, by its suffix."""
    return path.name.lower().endswith(read_suffixes())


def same_files(one: Iterable[Path], other: Iterable[Path]) -> bool:
    """Whether a file is in both lists, under whatever name."""
    return not {_identity(path) for path in one}.isdisjoint(_identity(path) for path in other)


def format_left_out(surveys: Iterable[Survey]) -> str:
    """`4 left out: 3 .tga, 1 .psd`, of several folders together; "" if nothing was left out."""
    counts: Counter[str] = Counter()
    for each in surveys:
        counts.update(each.left_out)
    if not counts:
        return ""
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kinds = [f"{n} {shown(Path(suffix)) if suffix else 'without suffix'}" for suffix, n in common]
    rest = sum(n for _, n in common[NAMED:])
    named = [*kinds[:NAMED], *([f"{rest} others"] if rest else [])]
    return f"{counts.total()} left out: {', '.join(named)}"


def no_images(there: Survey) -> str:
    """Why a folder without images has none, and what to do, to follow `no images in FOLDER`."""
    readable = f"read are {', '.join(read_suffixes())}"
    left_out = format_left_out([there])
    return f" ({left_out}); convert them: {readable}" if left_out else f"; {readable}"


def shown(path: ImageSource) -> str:
    r"""A path for messages: bytes that are not UTF-8, which no terminal can print, as `\xff`."""
    return os.fsencode(path if isinstance(path, Path) else path.name).decode(
        "utf-8", "backslashreplace"
    )


def _walk(folder: Path, above: frozenset[str], refused: list[DataError] | None) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        inside = entries(folder)
    except DataError as error:
        if refused is None:
            raise
        refused.append(error)
        return
    for entry in inside:
        if is_folder(entry):
            yield from _walk(folder / entry.name, above | {real}, refused)
        else:
            yield folder / entry.name


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _identity(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:  # it went away, or a link leads nowhere
        return path
    return status.st_dev, status.st_ino
