"""Pairs each input file with an output file; no two share an output, and none is overwritten."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ganzoo.components.data.image_listing import Survey, format_left_out, no_images, shown, survey
from ganzoo.errors import DataError, GanzooError
from ganzoo.files.existing import existing, refuse_existing
from ganzoo.inference.output_format import OutputFormat

Existing = Literal["error", "skip", "overwrite"]
"""What happens if an output file exists already."""
Pair = tuple[Path, Path]
"""An input file and its output file."""


def find_pairs(source: Path, target: Path, format_: OutputFormat) -> tuple[list[Pair], str]:
    """Pair a file with a file, or the images of a folder with files in a folder of the same tree.

    format_: says the suffixes of the files.
    Returns the pairs, and a sentence about the files that are left out.

    Files that would become one keep their suffix: as PNGs, `a.jpg` and `a.png` become `a.jpg.png`
    and `a.png.png`. If the target lies inside the source, the images in it are not inputs.

    Raises:
        DataError: the source does not exist, or holds no image.
        GanzooError: a folder cannot be read, the target cannot be written to, or two inputs would
            become one file.
    """
    try:
        return _find_pairs(source, target, format_)
    except OSError as error:
        raise GanzooError(f"{error.filename or target}: {error.strerror}") from error


def _find_pairs(source: Path, target: Path, format_: OutputFormat) -> tuple[list[Pair], str]:
    if source.is_file():
        if target.is_dir() or not target.suffix:
            return [(source, target / f"{source.stem}{format_.choose_suffix(source)}")], ""
        format_.check_target(target)
        return [(source, target)], ""
    if not source.is_dir():
        raise DataError(f"{shown(source)}: there is no such file or folder")
    if target.is_file():
        raise GanzooError(f"{target} is a file; the images of a folder need a folder")
    files_there = survey(source)
    files = _drop_earlier_results(target, source, files_there)
    if not files:
        raise DataError(
            f"{shown(source)}: there are no images in this folder{no_images(files_there)}"
        )
    suffixes = [format_.choose_suffix(file) for file in files]
    names = one_to_one([file.relative_to(source) for file in files], suffixes)
    pairs = [(file, target / name) for file, name in zip(files, names, strict=True)]
    return pairs, format_left_out([files_there])


def one_to_one(files: Sequence[Path], suffixes: Sequence[str]) -> list[Path]:
    """The name of the output file for each file; they differ even on disks that ignore capitals.

    suffixes: those of the output files.

    Raises:
        GanzooError: the names of two files differ in capitals only.
    """
    whole: set[Path] = set()
    while True:
        names = [
            _name_output(file, suffix, file in whole)
            for file, suffix in zip(files, suffixes, strict=True)
        ]
        groups: dict[str, list[Path]] = defaultdict(list)
        for file, name in zip(files, names, strict=True):
            groups[_fold_case(name)].append(file)
        clashing = [group for group in groups.values() if len(group) > 1]
        if not clashing:
            return names
        if stuck := [group for group in clashing if whole.issuperset(group)]:
            one, two = stuck[0][:2]
            raise GanzooError(
                f"{shown(one)} and {shown(two)} would become one file on a disk that ignores "
                "capitals; rename one of them. Nothing was written"
            )
        whole.update(file for group in clashing for file in group)


def left_to_do(pairs: Sequence[Pair], policy: Existing) -> list[Pair]:
    """The pairs that are left to do, given the policy for outputs that exist already.

    Raises:
        GanzooError: the policy refuses an output that exists, or an input would be overwritten.
    """
    sources = {_real(source) for source, _ in pairs}
    lost = [target for _, target in pairs if _real(target) in sources]
    if lost:
        raise GanzooError(f"{lost[0]} is an input as well; name another folder for the output")
    if policy == "error":
        try:
            refuse_existing(target for _, target in pairs)
        except GanzooError as error:
            raise GanzooError(f"{error}; --existing skip goes on, overwrite replaces") from None
    there = set(existing(target for _, target in pairs)) if policy == "skip" else set()
    return [(source, target) for source, target in pairs if target not in there]


def _drop_earlier_results(target: Path, source: Path, files_there: Survey) -> list[Path]:
    """The images of the source that lie outside the target, as those inside are earlier results."""
    inside = _real(target)
    if inside == _real(source):
        return files_there.images
    return [file for file in files_there.images if inside not in _real(file).parents]


def _real(path: Path) -> Path:
    """Where a path leads; that of links in a circle, where `Path.resolve` would stop, nowhere."""
    return Path(os.path.realpath(path))


def _name_output(file: Path, suffix: str, whole: bool) -> Path:
    return file.with_name(f"{file.name}{suffix}") if whole else file.with_suffix(suffix)


def _fold_case(name: Path) -> str:
    return unicodedata.normalize("NFC", shown(name)).casefold()
