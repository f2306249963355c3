"""The folders that a plan is made for: which is x, which is y, and which hold test images."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganzoo.components.data.choosing import NEEDS, choose
from ganzoo.components.data.image_listing import entries, is_image, shown, survey
from ganzoo.components.data.layout_advice import count_images, describe_contents, require_folder
from ganzoo.errors import DataError
from ganzoo.inspection.folder_subsets import Contents, Subset, find_subsets

TESTS = ("test", "val")
# The folders of held-out images that a data set takes without being told.
TAKEN = ("testA", "testB")


@dataclass(frozen=True)
class InputFolders:
    """The folders of x and y, as subsets, and the settings of the data set that reads them.

    contents: its `need` is "pairs" where each file holds both; otherwise images decide.
    """

    contents: Contents
    settings: Mapping[str, Any]

    def as_pairs(self) -> InputFolders:
        """The same folders, whose files of equal names are pairs. Tests need both folders."""
        tests = {"test_x", "test_y"} & {*self.settings}
        lonely = tests if len(tests) == 1 else set()
        settings = {key: value for key, value in self.settings.items() if key not in lonely}
        settings |= {"type": "paired_folders", "layout": settings.get("layout", "folders")}
        subsets = self.contents.subsets
        left = tuple(each for each in subsets if not (lonely and each.held_out))
        return InputFolders(replace(self.contents, need="pairs", subsets=left), settings)


def find_inputs(folders: Sequence[Path], pairs: bool | None) -> InputFolders:
    """The images of one folder that holds x and y, or of one folder for each.

    pairs: whether they are pairs; None where that is to be found out.

    Raises:
        DataError: there is no such folder, or it is not clear what is x and what is y.
    """
    for folder in folders:
        require_folder(folder, "")
    if len(folders) == 1:
        return _one(folders[0], pairs)
    return _two(*folders)


def _one(folder: Path, pairs: bool | None) -> InputFolders:
    contents = find_subsets(folder)
    if contents.need == "images" and not contents.refused and pairs:
        contents = _beside(folder) or contents
    if contents.need not in ("domains", "pairs"):
        raise contents.refused[0] if contents.refused else DataError(_unclear(folder))
    if contents.need == "pairs" and pairs is False:
        raise DataError(
            f"{shown(folder)}: its images hold x and y side by side, which makes them pairs; "
            "give two folders for images that are none"
        )
    return InputFolders(contents, choose(folder, "domains").settings)


def _beside(folder: Path) -> Contents | None:
    """Images that are wide enough for two, taken for pairs as the user says that they are."""
    try:
        return find_subsets(folder, "pairs")
    except DataError:
        return None


def _unclear(folder: Path) -> str:
    return (
        f"{shown(folder)}: a plan needs {NEEDS['domains']}; or {NEEDS['pairs']}. "
        f"{describe_contents(folder, who='This folder')}; or give two folders: "
        "ganzoo plan FOLDER_OF_X FOLDER_OF_Y"
    )


def _two(x: Path, y: Path) -> InputFolders:
    x, y = (each.absolute() for each in (x, y))
    _refuse_overlap(x, y)
    trained = {name: _training(each) for name, each in (("x", x), ("y", y))}
    tests = {name: _tests(given, trained[name]) for name, given in (("x", x), ("y", y))}
    named = {
        **trained,
        **{f"test_{name}": folder for name, folder in tests.items() if folder},
    }
    top = Path(os.path.commonpath([*named.values()]))
    refused: list[DataError] = []
    subsets = tuple(_subset(key, folder, top, refused) for key, folder in named.items())
    return InputFolders(
        Contents(top, "domains", subsets, (), tuple(refused)), _settings(top, named)
    )


def _refuse_overlap(x: Path, y: Path) -> None:
    real_x, real_y = (Path(os.path.realpath(each)) for each in (x, y))
    if real_x == real_y:
        raise DataError(f"{shown(x)} is given for both x and y; give a folder for each")
    for inner, outer in ((real_x, real_y), (real_y, real_x)):
        if inner.is_relative_to(outer):
            raise DataError(
                f"{shown(inner)} lies in {shown(outer)}, so its images would be x and y at once; "
                "give two folders beside each other"
            )


def _training(folder: Path) -> Path:
    """The folder itself; or its `train`, where it holds no images beside that and one for tests."""
    direct = any(is_image(folder / entry.name) for entry in entries(folder))
    if not direct and _holds_images(folder / "train") and _own_tests(folder):
        return folder / "train"
    return folder


def _tests(given: Path, trained: Path) -> Path | None:
    """The folder of held-out images that belongs to one for training, if there is one."""
    if trained != given:
        return _own_tests(given)
    if given.name.startswith("train"):
        beside = given.with_name(f"test{given.name.removeprefix('train')}")
        return beside if _holds_images(beside) else None
    if given.parent.name == "train":
        both = (given.parent.with_name(name) / given.name for name in TESTS)
        return next(filter(_holds_images, both), None)
    return None


def _own_tests(folder: Path) -> Path | None:
    return next((folder / name for name in TESTS if _holds_images(folder / name)), None)


def _holds_images(folder: Path) -> bool:
    return folder.is_dir() and count_images(folder) > 0


def _subset(key: str, folder: Path, top: Path, refused: list[DataError]) -> Subset:
    there = survey(folder, refused)
    name = folder.relative_to(top).as_posix()
    held_out = key.startswith("test")
    return Subset(name, folder, tuple(there.images), there.left_out, key[-1], held_out)


def _settings(top: Path, named: Mapping[str, Path]) -> dict[str, Any]:
    """Folders by name below one root; whole paths where another of it would be taken for tests."""
    strays = any((top / name).is_dir() and top / name not in named.values() for name in TAKEN)
    if strays:
        root = named["x"]
        return {"type": "folders", "root": str(root), **{k: str(f) for k, f in named.items()}}
    below = {key: folder.relative_to(top).as_posix() for key, folder in named.items()}
    return {"type": "folders", "root": str(top), **below}
