"""Checks of the folders that a data set reads. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.components.data.layout_advice import describe_missing
from ganzoo.components.data.roots import find_root
from ganzoo.errors import DataError

BASE = "ganzoo.components.data.folder_base:FolderData"  # data that have a root
DOMAINS = "ganzoo.components.data.folders:Folders"  # and in it a folder for each variable
# The folders of `Folders` where settings name none.
NAMED = {"x": "trainA", "y": "trainB", "test_x": "testA", "test_y": "testB"}


def refuse_root(bases: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Refuse a root that is missing, or lacks a folder of training images.

    bases: the data set's class and its base classes.

    Raises:
        DataError: as the data set itself would raise.
    """
    root = settings.get("root", "")
    if BASE not in bases or not isinstance(root, str):
        return
    folder = find_root(root)
    named = {setting: settings.get(setting, name) for setting, name in NAMED.items()}
    if DOMAINS in bases and all(isinstance(name, str) for name in named.values()):
        _refuse_missing(folder, named)


def _refuse_missing(root: Path, named: Mapping[str, str]) -> None:
    missing = missing_folders(root, named)
    if missing:
        raise DataError(missing)


def missing_folders(root: Path, named: Mapping[str, str], also: str = "") -> str:
    """A message that names the missing folders of x and y, both at once; "" if none is missing.

    named: all folders that settings name, by setting.
    also: a setting whose folder is missing, too.
    """
    taken = {setting: name for setting, name in named.items() if has_folder(root, name)}
    both = {s: named[s] for s in ("x", "y") if s in named and s not in taken}
    missing = both if also in ("", *both) else {also: named[also]}
    return describe_missing(root, missing, taken) if missing else ""


def has_folder(root: Path, name: str) -> bool:
    """Whether a folder that a setting names is there."""
    return (root / Path(name).expanduser()).is_dir()
