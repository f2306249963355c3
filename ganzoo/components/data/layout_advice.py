"""What to say of a folder that is not laid out as settings say. Nothing here imports torch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ganzoo.components.data.image_listing import (
    Survey,
    counted,
    entries,
    is_folder,
    shown,
    sort,
    told_left_out,
    walk,
)
from ganzoo.errors import DataError, did_you_mean

# How many folders a message names, and how many files are looked at to count a folder's images: to
# say no must not take long, wherever the folder is.
NAMED, COUNTED = 8, 20_000


def subfolders(folder: Path) -> list[str]:
    """The names of the folders in a folder that are not hidden, sorted.

    Raises:
        DataError: it cannot be listed.
    """
    return sorted(entry.name for entry in entries(folder) if is_folder(entry))


def require_folder(folder: Path) -> None:
    """Check the folder that `--data` names.

    Raises:
        DataError: there is none.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"--data {shown(folder)}: it {what}")


def count_images(folder: Path) -> int:
    """How many images there are in a folder and below; no more than COUNTED files are looked at."""
    return len(survey_some(folder).images)


def survey_some(folder: Path) -> Survey:
    """What a folder holds, of COUNTED files at most."""
    return sort(islice(walk(folder), COUNTED))


def holds(root: Path, taken: Mapping[str, str] | None = None, who: str = "It") -> str:
    """What is in a folder: `It holds 'cartoons' (30 images), 'photos' (12 images)`.

    taken: folders that settings name already, by setting.
    who: what the folder is called.
    """
    found = subfolders(root)
    owners = {name: setting for setting, name in (taken or {}).items()}
    if not found:
        there = survey_some(root)
        left_out = told_left_out([there])
        images = counted(len(there.images))
        return f"{who} holds no folders, and {images}{f' ({left_out})' if left_out else ''}"
    named = [_folder(root, name, owners.get(name, "")) for name in found[:NAMED]]
    rest = len(found) - len(named)
    return f"{who} holds {', '.join([*named, *([f'{rest} more'] if rest else [])])}"


def _folder(root: Path, name: str, owner: str) -> str:
    there = survey_some(root / name)
    told = [counted(len(there.images)), told_left_out([there])]
    told += [f"taken by data.{owner}" if owner else ""]
    return f"'{shown(Path(name))}' ({', '.join(text for text in told if text)})"


def no_folder(root: Path, missing: Mapping[str, str], taken: Mapping[str, str]) -> str:
    """Which folders (names by setting) a root lacks, what is there, and which setting takes it.

    taken: the folders that are there, by the settings that name them.
    """
    settings = ", ".join(f"data.{setting}" for setting in missing)
    names = ", ".join(f"'{shown(Path(name))}'" for name in missing.values())
    there = "are no folders" if len(missing) > 1 else "is no folder"
    found = subfolders(root)
    others = [name for name in found[:NAMED] if name not in taken.values()]
    free = [name for name in others if count_images(root / name)]
    return (
        f"{settings}: there {there} {names} in {shown(root)}. {holds(root, taken)}"
        f"{_set(missing, free, found)}"
    )


def _set(missing: Mapping[str, str], free: list[str], found: list[str]) -> str:
    """`: --set data.x=photos`, where it is plain which folder is meant; else how to name one."""
    settings = list(missing)
    if len(settings) == len(free) == 2:
        return f": {_both(settings, free)}, or the other way round"
    if len(settings) == 1:
        hint = did_you_mean(missing[settings[0]], free)
        meant = [name for name in free if f"'{name}'" in hint] or (free if len(free) == 1 else [])
        if meant:
            return f".{hint} Take it with: {_both(settings, meant)}"
    if not found:
        why = "Put the images of each kind into a folder of its own, or name folders elsewhere"
        return f". {why}: {_both(settings, ['FOLDER'] * len(settings))}"
    return f". Name another: {_both(settings, ['FOLDER'] * len(settings))}"


def _both(settings: list[str], names: list[str]) -> str:
    pairs = zip(settings, names, strict=True)
    return " ".join(f"--set {shlex.quote(f'data.{s}={shown(Path(n))}')}" for s, n in pairs)
