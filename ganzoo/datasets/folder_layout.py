"""Where each sample of a data set goes in a folder, so that other tools and ganzoo read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.datasets.image_forms import FileForm
from ganzoo.errors import GanzooError
from ganzoo.interfaces import Data, Sample, Variable

LETTERS = "AB"


@dataclass(frozen=True)
class FolderLayout:
    """The folders of a data set.

    Two images: `trainA/ trainB/ testA/ testB/`; of a pair, both have one name. One image and its
    class: a folder for each class, where test images come last by name.

    images: the variables that are images.
    label: the variable that is the image's class; "" where there are two images.
    classes: the names of the classes' folders.
    training: how many training samples there are.
    """

    images: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    training: int

    def place(self, name: str, index: int, sample: Sample, training: bool) -> str:
        """The path of an image, without a suffix."""
        if self.label:
            number = index if training else self.training + index
            folder = self.classes[int(sample[self.label])]
            return f"{folder}/{number:06d}{'' if training else '-test'}"
        return f"{self.folder(name, training)}/{index:06d}"

    def folder(self, name: str, training: bool) -> str:
        """The folder of one of two images."""
        return f"{'train' if training else 'test'}{LETTERS[self.images.index(name)]}"

    def reading(self, data: Data, forms: Mapping[str, FileForm], held_out: int) -> dict[str, Any]:
        """The table of a recipe that reads the folder, without `root`."""
        kind = "paired_folders" if data.trains_on_pairs else "folders"
        table: dict[str, Any] = {"type": "class_folders" if self.label else kind}
        if self.label:
            numbered = all(name.isdecimal() for name in self.classes)
            table |= {"classes": len(self.classes) if numbered else [*self.classes]}
            table |= {"held_out": held_out}
        shown = {name: data.variables[name] for name in self.images}
        floats = {name: [-1, 1] for name in self.images if forms[name].dtype == "float32"}
        return table | _size(shown) | _channels(shown) | ({"range": floats} if floats else {})


def find_layout(data: Data, name: str) -> FolderLayout:
    """How the samples of a data set become files.

    Raises:
        GanzooError: no folders can say what its samples hold.
    """
    kinds = {each: _kind(variable) for each, variable in data.variables.items()}
    images = tuple(each for each, kind in kinds.items() if kind in ("image", "volume"))
    labels = [each for each, kind in kinds.items() if kind == "class"]
    pair, labelled = (len(images), len(labels)) == (2, 0), (len(images), len(labels)) == (1, 1)
    alike = len(images) + len(labels) == len(kinds) and len({kinds[each] for each in images}) == 1
    if not (alike and (pair or labelled)):
        has = ", ".join(f"{each} ({kind})" for each, kind in kinds.items())
        raise GanzooError(
            f"'{name}' cannot be written as folders of images: its samples hold {has}; folders "
            "hold two images of a kind, or one and its class"
        )
    label = labels[0] if labelled else ""
    return FolderLayout(images, label, _names(data.variables[label]) if label else (), len(data))


def _kind(variable: Variable) -> str:
    if variable.classes:
        return "class"
    if variable.depth is not None:
        return "volume"
    return "image" if variable.size else "vector"


def _names(label: Variable) -> tuple[str, ...]:
    count = label.classes or 0
    width = len(str(count - 1))
    return label.labels or tuple(f"{number:0{width}d}" for number in range(count))


def _size(shown: Mapping[str, Variable]) -> dict[str, Any]:
    sizes = {variable.size for variable in shown.values() if variable.size}
    if len(sizes) != 1:
        return {}
    height, width = sizes.pop()
    size = {"size": height if height == width else [height, width]}
    depth = next(iter(shown.values())).depth
    return size if depth is None else {**size, "pages": "depth", "depth": depth}


def _channels(shown: Mapping[str, Variable]) -> dict[str, Any]:
    counts = {name: variable.channels for name, variable in shown.items()}
    if set(counts.values()) == {3}:
        return {}
    return {"channels": counts if len(set(counts.values())) > 1 else next(iter(counts.values()))}
