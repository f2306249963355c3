"""Test images that are training images as well: files of the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ganzoo.components.data.file_keys import hash_if_readable
from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.inspecting import files_by_name
from ganzoo.files.untrusted import UntrustedError, open_plain

# Bytes in the middle of files that are compared before whole files of equal size are.
GLANCE = 2**12
NAMED = 3

Leak = tuple[Path, Path]
"""A test file, and the training file of the same bytes."""


def leak_warnings(
    training: Mapping[str, Sequence[Path]], named: Iterable[tuple[Path, str]]
) -> list[str]:
    """A sentence if test files hold the same bytes as training files of their variable.

    training: by variable. named: test files, each with its variable.
    """
    tests = files_by_name(named)
    leaks = {name: find_leaks(training.get(name, ()), files) for name, files in tests.items()}
    return [
        f"{len(pairs)} of {len(tests[name])} test images of {name} are training images as well "
        f"({_name_some(pairs)}), so scores on them say little of new images; remove one of each"
        for name, pairs in leaks.items()
        if pairs
    ]


def find_leaks(training: Iterable[Path], tests: Iterable[Path]) -> list[Leak]:
    """Test files whose bytes are those of a training file; unreadable ones are passed over.

    A file that is in both lists itself stands in for a test file, and is no leak. Of most files
    only the size is read, of some a few bytes.
    """
    trained, tested = dict.fromkeys(training), dict.fromkeys(tests)
    candidates = [path for path in tested if path not in trained]
    by_size = _group(trained, _size)
    alike = [path for path in candidates if _size(path) in by_size]
    same_size = [other for size in {_size(path) for path in alike} for other in by_size[size]]
    by_glance = _group(same_size, _glance)
    alike = [path for path in alike if _glance(path) in by_glance]
    same_glance = [o for glance in {_glance(path) for path in alike} for o in by_glance[glance]]
    by_hash = _group(same_glance, hash_if_readable)
    return [(path, by_hash[key][0]) for path in alike if (key := hash_if_readable(path)) in by_hash]


def _group(paths: Iterable[Path], key: Callable[[Path], object]) -> dict[object, list[Path]]:
    """The files of each key; those without one are left out."""
    groups: dict[object, list[Path]] = {}
    for path in paths:
        if (of := key(path)) is not None:
            groups.setdefault(of, []).append(path)
    return groups


def _size(path: Path) -> object:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _glance(path: Path) -> object:
    """The size and some bytes of the middle of a file."""
    try:
        with open_plain(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, (size - GLANCE) // 2))
            return size, file.read(GLANCE)
    except (OSError, UntrustedError):
        return None


def _name_some(pairs: Sequence[Leak]) -> str:
    named = [f"{_short(test)} = {_short(trained)}" for test, trained in pairs[:NAMED]]
    more = ["..."] if len(pairs) > NAMED else []
    return ", ".join([*named, *more])


def _short(path: Path) -> str:
    return shown(Path(path.parent.name) / path.name)
