"""Messages for folders that are not laid out as the settings say. Nothing here imports torch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ganzoo.components.data.image_listing import (
    Survey,
    counted,
    entries,
    format_left_out,
    is_folder,
    shown,
    sort,
    walk,
)
from ganzoo.errors import DataError, did_you_mean

# How many folders a message names, and how many files are counted in a folder: an error message
# must not take long, however large the folder is.
NAMED, COUNTED = 8, 20_000


def subfolders(folder: Path) -> list[str]:
    """The names of the folders in a folder that are not hidden, sorted.

    Raises:
        DataError: it cannot be listed.
    """
    return sorted(entry.name for entry in entries(folder) if is_folder(entry))


def require_folder(folder: Path, option: str = "--data ") -> None:
    """Check the folder that an option or an argument ("") names.

    Raises:
        DataError: there is none.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{option}{shown(folder)}: it {what}")


def count_images(folder: Path) -> int:
    """How many images there are among the first COUNTED files of a folder and below."""
    return len(survey_some(folder).images)


def survey_some(folder: Path) -> Survey:
    """A survey of the first COUNTED files of a folder."""
    return sort(islice(walk(folder), COUNTED))


def describe_contents(root: Path, taken: Mapping[str, str] | None = None, who: str = "It") -> str:
    """A folder's contents, as `It holds 'cartoons' (30 images), 'photos' (12 images)`.

    taken: the names of folders that are in use already, by the setting that names them.
    who: what the folder is called.
    """
    names = subfolders(root)
    owners = {name: setting for setting, name in (taken or {}).items()}
    if not names:
        there = survey_some(root)
        left_out = format_left_out([there])
        images = counted(len(there.images))
        return f"{who} holds no folders, and {images}{f' ({left_out})' if left_out else ''}"
    named = [_folder(root, name, owners.get(name, "")) for name in names[:NAMED]]
    rest = len(names) - len(named)
    return f"{who} holds {', '.join([*named, *([f'{rest} more'] if rest else [])])}"


def _folder(root: Path, name: str, owner: str) -> str:
    there = survey_some(root / name)
    facts = [counted(len(there.images)), format_left_out([there])]
    facts += [f"taken by data.{owner}" if owner else ""]
    return f"'{shown(Path(name))}' ({', '.join(fact for fact in facts if fact)})"


def describe_missing(root: Path, missing: Mapping[str, str], taken: Mapping[str, str]) -> str:
    """Which folders a root lacks, what it holds, and the settings that would choose it.

    missing: the names of the folders that it lacks, by setting.
    taken: those that are there, by setting.
    """
    settings = ", ".join(f"data.{setting}" for setting in missing)
    names = ", ".join(f"'{shown(Path(name))}'" for name in missing.values())
    there = "are no folders" if len(missing) > 1 else "is no folder"
    there_are = subfolders(root)
    others = [name for name in there_are[:NAMED] if name not in taken.values()]
    free = [name for name in others if count_images(root / name)]
    return (
        f"{settings}: there {there} {names} in {shown(root)}. {describe_contents(root, taken)}"
        f"{_advise(missing, free, there_are)}"
    )


def _advise(missing: Mapping[str, str], free: list[str], folders: list[str]) -> str:
    """`: --set data.x=photos`, where only one folder can be meant; else how to name one."""
    settings = list(missing)
    if len(settings) == len(free) == 2:
        return f": {_both(settings, free)}, or the other way round"
    if len(settings) == 1:
        hint = did_you_mean(missing[settings[0]], free)
        meant = [name for name in free if f"'{name}'" in hint] or (free if len(free) == 1 else [])
        if meant:
            return f".{hint} Take it with: {_both(settings, meant)}"
    if not folders:
        why = "Put the images of each kind into a folder of its own, or name folders elsewhere"
        return f". {why}: {_both(settings, ['FOLDER'] * len(settings))}"
    return f". Name another: {_both(settings, ['FOLDER'] * len(settings))}"


def _both(settings: list[str], names: list[str]) -> str:
    pairs = zip(settings, names, strict=True)
    return " ".join(f"--set {shlex.quote(f'data.{s}={shown(Path(n))}')}" for s, n in pairs)
