"""Which data set reads a folder, by what lies in it. Nothing here imports torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ganzoo.components.data.image_listing import counted, entries, is_image, list_images, shown
from ganzoo.components.data.layout_advice import (
    count_images,
    describe_contents,
    require_folder,
    subfolders,
)
from ganzoo.components.data.partners import by_name
from ganzoo.errors import DataError

Need = Literal["domains", "pairs", "classes", "images"]
NEEDS: dict[Need, str] = {
    "domains": "two folders of images, as trainA and trainB, or photos and cartoons",
    "pairs": "pairs: two folders with files of equal names, or train with images side by side",
    "classes": "a folder of images for each class",
    "images": "images, or folders of images",
}
TURNED = "--set data.direction=yx"
# Folders of held-out images, which are no domains.
HELD_OUT = ("test", "val", "testA", "testB")
# Where no folder is held out: one in SHARE images of a class is, and at most MOST.
SHARE, MOST = 10, 100


@dataclass(frozen=True)
class Choice:
    """The settings that read a folder.

    settings: of the recipe's table `data`, without those of how images are cut.
    description: what is read as what, for a person.
    turned: options that swap x and y, where there are some.
    """

    settings: dict[str, Any]
    description: str
    turned: str = ""


def infer_need(used: Collection[str], paired: bool) -> Need:
    """What a recipe learns from.

    used: the variables in its terms: x and y, or y and its class c.
    paired: whether its own data are pairs in training.
    """
    if "c" in used:
        return "classes"
    if "x" not in used:
        return "images"
    return "pairs" if paired else "domains"


def choose(folder: Path, need: Need, given: Collection[str] = ()) -> Choice:
    """The data set for a folder.

    need: what the recipe learns from.
    given: names of settings that are given already; where they name folders, none is chosen.

    Raises:
        DataError: there is no such folder, or its contents may be read in several ways or in none.
    """
    require_folder(folder)
    rules: dict[Need, Callable[[Path], Choice | None]] = {
        "domains": lambda f: _domains(f) or _beside(f),
        "pairs": lambda f: _partners(f) or _beside(f),
        "classes": _classes,
        "images": lambda f: _alone(f) or _classes(f),
    }
    choice = _named(need) if {"x", "y"} & {*given} else rules[need](folder)
    if choice is None:
        raise DataError(_unclear(folder, need))
    root = choice.settings.pop("root", folder)
    settings = {"root": str(Path(root).absolute()), **choice.settings}
    return replace(choice, settings=settings)


def _named(need: Need) -> Choice:
    kind = "paired_folders" if need == "pairs" else "folders"
    return Choice({"type": kind}, "the folders that --set names")


def _domains(folder: Path) -> Choice | None:
    pair = _two(folder)
    if pair is None:
        return None
    (x, y), tests = pair
    both = f"{_counted(folder, x)} is x, {_counted(folder, y)} is y"
    if x in ("trainA", "testA"):
        return Choice({"type": "folders"}, both)
    other = {"x": y, "y": x}
    if tests:
        other |= {"test_x": tests["test_y"], "test_y": tests["test_x"]}
    turned = " ".join(f"--set {shlex.quote(f'data.{key}={name}')}" for key, name in other.items())
    return Choice({"type": "folders", "x": x, "y": y, **tests}, both, turned)


def _two(folder: Path) -> tuple[tuple[str, str], dict[str, str]] | None:
    """The folders of the two domains, and settings for their held-out images; None if unclear."""
    names = subfolders(folder)
    for pair in (("trainA", "trainB"), ("testA", "testB")):
        if {*pair} <= {*names}:
            return pair, {}
    if "train" in names and not _direct(folder / "train"):
        inner = [name for name in subfolders(folder / "train") if _any(folder / "train" / name)]
        if len(inner) == 2:
            x, y = inner
            held = next((t for t in ("test", "val") if _all(folder / t, inner)), None)
            tests = {"test_x": f"{held}/{x}", "test_y": f"{held}/{y}"} if held else {}
            return (f"train/{x}", f"train/{y}"), tests
    named = [name for name in names if name not in HELD_OUT and _any(folder / name)]
    return ((named[0], named[1]), {}) if len(named) == 2 else None


def _partners(folder: Path) -> Choice | None:
    """Two folders of equal names."""
    pair = _two(folder)
    if pair is None:
        return None
    (x, y), tests = pair
    first, second = (by_name(folder / n, list_images(folder / n), n) for n in (x, y))
    if first.keys() != second.keys():
        shared = len(first.keys() & second.keys())
        raise DataError(
            f"--data {shown(folder)}: this recipe learns from pairs, files of one name in both "
            f"folders; '{x}' ({len(first)} images) and '{y}' ({len(second)} images) have {shared} "
            "names in common"
        )
    own = {} if x in ("trainA", "testA") else {"x": x, "y": y, **tests}
    settings = {"type": "paired_folders", "layout": "folders", **own}
    return Choice(settings, f"{len(first)} pairs, '{x}' is x, '{y}' is y", TURNED)


def _beside(folder: Path) -> Choice | None:
    """Images whose left half is x and whose right half is y, in `train` or in the folder itself."""
    for name in ("train", "."):
        images = _direct(folder / name) if (folder / name).is_dir() else []
        if images and _is_wide(images[0]):
            settings = {"type": "paired_folders", "layout": "side_by_side", "train": name}
            where = f" in '{name}'" if name != "." else ""
            description = (
                f"{len(images)} images side by side{where}, the left half is x, the right y"
            )
            return Choice(settings, description, TURNED)
    return None


def _is_wide(image: Path) -> bool:
    """Whether it is wide enough for two images side by side."""
    from ganzoo.components.data.image_opening import upright_size

    size = upright_size(image)
    if size is None:
        from ganzoo.components.data.image_files import read_header  # imports torch

        size = read_header(image).size
    height, width = size
    return width >= 1.5 * height


def _classes(folder: Path) -> Choice | None:
    inner = folder / "train"
    root = inner if inner.is_dir() and not _direct(inner) and subfolders(inner) else folder
    names = [n for n in subfolders(root) if n not in HELD_OUT and _any(root / n)]
    if not names:
        return None
    least = min(count_images(root / name) for name in names)
    first = ", ".join(_counted(root, name) for name in names[:6])
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return Choice(_class_folders(root, names, least), f"{first}{more}, a class each")


def _alone(folder: Path) -> Choice | None:
    """Images that lie in the folder itself, or in `train`."""
    for place in (folder.absolute(), folder.absolute() / "train"):
        images = _direct(place) if place.is_dir() else []
        if images:
            settings = _class_folders(place.parent, [place.name], len(images))
            return Choice(settings, f"{len(images)} images")
    return None


def _class_folders(root: Path, names: list[str], least: int) -> dict[str, Any]:
    held_out = max(1, min(MOST, least // SHARE)) if least > 1 else 0
    return {"type": "class_folders", "root": root, "classes": names, "held_out": held_out}


def _counted(folder: Path, name: str) -> str:
    return f"'{shown(Path(name))}' ({counted(count_images(folder / name))})"


def _direct(folder: Path) -> list[Path]:
    """The images in a folder, not in those below."""
    paths = (folder / entry.name for entry in entries(folder))
    return sorted(path for path in paths if is_image(path))


def _any(folder: Path) -> bool:
    return count_images(folder) > 0


def _all(folder: Path, names: Collection[str]) -> bool:
    return all((folder / name).is_dir() and _any(folder / name) for name in names)


def _unclear(folder: Path, need: Need) -> str:
    ways = {
        "domains": "; say which: --set data.x=FOLDER --set data.y=FOLDER",
        "pairs": "; say which: --set data.x=FOLDER --set data.y=FOLDER",
    }
    way = ways.get(need, "") if len(subfolders(folder)) > 1 else ""
    there = describe_contents(folder, who="This folder")
    parent = shlex.quote(shown(folder.parent))
    meant = f". Did you mean --data {parent}?" if _is_inside(folder) else ""
    return f"--data {shown(folder)}: this recipe learns from {NEEDS[need]}. {there}{way}{meant}"


def _is_inside(folder: Path) -> bool:
    """Whether the folder is one of a pair, so that their parent is meant."""
    names = ("trainA", "trainB")
    return folder.name in names and all((folder.parent / name).is_dir() for name in names)
