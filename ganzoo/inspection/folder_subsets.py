"""Which folders of a folder hold what, as the data sets of the core read it. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganzoo.components.data.choosing import NEEDS, Need, choose
from ganzoo.components.data.image_listing import entries, is_image, survey
from ganzoo.components.data.image_opening import upright_size
from ganzoo.components.data.layout_advice import count_images, describe_contents, subfolders
from ganzoo.errors import DataError

# How many images are looked at to tell whether a folder holds pairs side by side.
SAMPLED = 16
# Where `choose` names no folders, these are meant.
DEFAULTS = {"x": "trainA", "y": "trainB", "test_x": "testA", "test_y": "testB"}


@dataclass(frozen=True)
class Subset:
    """A folder of images that are used alike.

    name: its path below the folder that is checked; "." is that folder itself.
    domain: x, y, the name of a class, or "" for all.
    held_out: whether it is tested on instead of trained on.
    halves: whether each image holds x in its left half and y in its right one.
    """

    name: str
    folder: Path
    images: tuple[Path, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    domain: str = ""
    held_out: bool = False
    halves: bool = False

    @property
    def domains(self) -> tuple[str, ...]:
        """What its images show, from left to right."""
        return ("x", "y") if self.halves else (self.domain,)


@dataclass(frozen=True)
class Contents:
    """A folder's subsets.

    need: what a recipe that reads it learns from. Two folders of equal names may be `domains` or
        `pairs`; they are `domains` until their images were compared.
    unread: folders that hold images and are no subset.
    refused: the errors of folders that cannot be listed.
    """

    folder: Path
    need: Need
    subsets: tuple[Subset, ...]
    unread: tuple[str, ...] = ()
    refused: tuple[DataError, ...] = ()

    def subset(self, domain: str, held_out: bool = False) -> Subset | None:
        """The subset of a domain, if there is one."""
        return next((p for p in self.subsets if (p.domain, p.held_out) == (domain, held_out)), None)


def find_subsets(folder: Path, need: Need | None = None) -> Contents:
    """The subsets of a folder.

    need: what they are to be used as; left out, it follows from the folder.

    Raises:
        DataError: the folder does not hold what `need` says.
    """
    refused: list[DataError] = []
    use, subsets = _chosen(folder, need, refused) if need else _recognised(folder, refused)
    unread = [] if refused else _unread(folder, subsets)
    unique = {str(error): error for error in refused}
    return Contents(folder, use, tuple(subsets), tuple(unread), tuple(unique.values()))


def _recognised(folder: Path, refused: list[DataError]) -> tuple[Need, list[Subset]]:
    try:
        return next(_readings(folder, refused))
    except DataError as error:  # a folder in it cannot be listed
        refused.append(error)
    return "images", _plain(folder, refused)


def _readings(folder: Path, refused: list[DataError]) -> Iterator[tuple[Need, list[Subset]]]:
    """How the folder may be read, the likeliest first."""
    settings = _settings(folder, "domains")
    if settings.get("type") == "folders":
        yield "domains", _of_domains(folder, settings, refused)
    elif settings and _are_twice_as_wide(folder / settings["train"]):
        yield "pairs", _of_halves(folder, settings, refused)
    classes = _settings(folder, "classes")
    if len(classes.get("classes", ())) > 1 and not _has_images(folder):
        yield "classes", _of_classes(folder, classes, refused)
    yield "images", _plain(folder, refused)


def _chosen(folder: Path, need: Need, refused: list[DataError]) -> tuple[Need, list[Subset]]:
    if need == "images":
        return need, _plain(folder, refused)
    # Pairs that lack partners are two domains for `choose`; here their names are compared later.
    settings = _settings(folder, "classes" if need == "classes" else "domains")
    if need == "classes" and settings:
        return need, _of_classes(folder, settings, refused)
    if settings.get("type") == "folders":
        return need, _of_domains(folder, settings, refused)
    if need == "pairs" and settings:
        return need, _of_halves(folder, settings, refused)
    raise DataError(
        f"--as {need}: it needs {NEEDS[need]}. {describe_contents(folder, who='This folder')}"
    )


def _settings(folder: Path, need: Need) -> dict[str, Any]:
    """The settings by which the core reads a folder as that; none where it cannot."""
    for name in subfolders(folder):
        entries(folder / name)  # one that cannot be listed is told as such
    try:
        return choose(folder, need).settings
    except DataError:
        return {}


def _of_domains(
    folder: Path, settings: Mapping[str, Any], refused: list[DataError]
) -> list[Subset]:
    names = {key: settings.get(key, name) for key, name in DEFAULTS.items()}
    return [
        replace(_survey(folder, name, refused), domain=key[-1], held_out=key.startswith("test"))
        for key, name in names.items()
        if (folder / name).is_dir()
    ]


def _of_halves(folder: Path, settings: Mapping[str, Any], refused: list[DataError]) -> list[Subset]:
    train = replace(_survey(folder, settings["train"], refused), halves=True)
    if settings["train"] == ".":
        return [train]
    return [train, *_tests(folder, refused, halves=True)]


def _of_classes(
    folder: Path, settings: Mapping[str, Any], refused: list[DataError]
) -> list[Subset]:
    below = Path(settings["root"]).relative_to(folder.absolute())
    return [
        replace(_survey(folder, (below / name).as_posix(), refused), domain=name)
        for name in settings["classes"]
    ]


def _plain(folder: Path, refused: list[DataError]) -> list[Subset]:
    """The folder itself; or the images in `train`, and those that are held out."""
    if not _has_images(folder) and (folder / "train").is_dir():
        return [_survey(folder, "train", refused), *_tests(folder, refused)]
    return [_survey(folder, ".", refused)]


def _tests(folder: Path, refused: list[DataError], halves: bool = False) -> list[Subset]:
    name = next((name for name in ("test", "val") if (folder / name).is_dir()), None)
    subset = [_survey(folder, name, refused)] if name else []
    return [replace(each, held_out=True, halves=halves) for each in subset]


def _survey(folder: Path, name: str, refused: list[DataError]) -> Subset:
    there = survey(folder / name, refused)
    return Subset(name, folder / name, tuple(there.images), there.left_out)


def _unread(folder: Path, subsets: list[Subset]) -> list[str]:
    if any(subset.name == "." for subset in subsets):
        return []
    read = {subset.name.split("/")[0] for subset in subsets}
    return [n for n in subfolders(folder) if n not in read and count_images(folder / n)]


def _has_images(folder: Path) -> bool:
    return any(is_image(folder / entry.name) for entry in entries(folder))


def _are_twice_as_wide(folder: Path) -> bool:
    """Whether the images that lie there are all exactly twice as wide as high."""
    images = sorted(p for e in entries(folder) if is_image(p := folder / e.name))
    sizes = [upright_size(path) for path in images[:: max(1, len(images) // SAMPLED)]]
    shapes = Counter(size[1] == 2 * size[0] for size in sizes if size)
    return bool(shapes) and not shapes[False]
