"""A folder that holds a subfolder for each class, as `cats` and `dogs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import torch

from ganzoo.components.data.file_keys import image_keys
from ganzoo.components.data.folder_base import CACHE, FolderData, Reads, Unreadable
from ganzoo.components.data.image_listing import counted, same_files, shown
from ganzoo.components.data.inspecting import list_pages
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.reading_settings import (
    Channels,
    Colours,
    DTypes,
    Interpolations,
    PagesRead,
    Range,
    Reading,
    Scales,
)
from ganzoo.components.data.transforms import Aspect, Framing, ScaledImage, Size
from ganzoo.errors import DataError
from ganzoo.interfaces import Sample, Variable
from ganzoo.interfaces.levels import returns_levels

Labelled = tuple[ImagePage, int]


class ClassFolders(FolderData):
    """Images y and their class c, which is the folder that they are in.

    Files are found by suffix, in subfolders too; hidden ones are left out.

    classes: the names of the folders in `root`, which are numbered in this order; or how many
        folders there are, which are then numbered by name.
    root: the folder that holds the others.
    size: a sample's side in pixels, or [height, width].
    resize: what an image is resized to before a random crop of `size`.
    flip: mirror half of the training samples.
    channels: 3 for RGB, 1 for gray; or how many bands the files have. Or a table: { y = 5 }.
    aspect: `keep` an image's proportions, or `squash` it to `resize`.
    held_out: how many files of each class, the last ones by name, are kept for testing. With 0,
        the first training file of each class stands in.
    range: the values of a file that become -1 and 1, such as [0, 4095]; "dtype", the default, is
        all that its type can hold; ["0.5%", "99.5%"] are quantiles of the training files. Or a
        table: { y = [0, 4095] }.
    colour: `srgb` converts by a file's colour profile; `ignore` leaves its values. Or a table.
    interpolation: `bicubic`, or `nearest`, which keeps the colours of label maps. Or a table.
    scale: `cover` resizes images until they cover the size; `native` cuts samples out of images as
        they are, and a trained model is given images at their full size. Or a table.
    pages: of files of several pages, the `first` is read; `each` is an image of its own; all are
        the `channels` of one image; or all are the slices of a volume, in `depth`. Or a table.
    depth: how many slices are cut out of a volume for a sample; they are not resized.
    dtype: the type of the values in the training files, which training finds. Or a table.
    unreadable: `error` stops at a broken file; `skip` warns and takes the next one.
    cache: how many gigabytes of resized images are cached on disk, of all data sets; 0 for none.

    Raises:
        ValueError: a setting that makes no sense.
    """

    def __init__(
        self,
        classes: int | list[str],
        root: str = "",
        size: int | list[int] = 64,
        resize: int | list[int] | None = None,
        flip: bool = True,
        channels: Channels = 3,
        aspect: Aspect = "keep",
        held_out: int = 1,
        unreadable: Unreadable = "error",
        range: Range = None,
        colour: Colours = "srgb",
        interpolation: Interpolations = "bicubic",
        scale: Scales | None = None,
        pages: PagesRead | None = None,
        depth: int | None = None,
        dtype: DTypes = None,
        cache: float = CACHE,
    ) -> None:
        reading = Reading(channels, range, colour, interpolation, scale, pages, depth, dtype)
        settings = root, size, resize, flip, aspect, unreadable
        super().__init__(*settings, reading, images=("y",), cache=cache)
        _check(classes, held_out)
        self.held_out = held_out
        self.count = classes if isinstance(classes, int) else len(classes)
        self.names = () if isinstance(classes, int) else tuple(classes)
        self.variables["c"] = Variable(classes=self.count, labels=self.names)
        self._train: list[Labelled] = []
        self._test: list[Labelled] = []

    def prepare(self) -> None:
        """Find the images.

        Raises:
            DataError: there are other folders than `classes` says, or one holds no images.
        """
        self.begin()
        folders = {
            name: self.images("classes", name, f"classes.{name}")
            for name in self.names or self._class_names()
        }
        self._train = self.to_train(lambda: self._to_train(folders), self.held_out > 0)
        held_out = [fs[-self.held_out :] if self.held_out else fs[:1] for fs in folders.values()]
        pages = [self._in_pages(files) for files in held_out]
        self._test = [(i, c) for row in zip_longest(*pages) for c, i in enumerate(row) if i]
        self._test = self.without_unreadable(self._test, self._reads)
        self.measure_ranges()

    def __len__(self) -> int:
        return self.trainable(len(self._train))

    @returns_levels
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """y (channels, height, width) in [-1, 1], cut and mirrored by chance, and c ()."""
        image, label = self._readable(self._train, index, self.framing.resize)
        view = self._framing.random_view(image, rng)
        levels = view.levels_of(image, self.variables["y"].interpolation)
        return {"y": levels, "c": torch.tensor(label)}

    def train_names(self, index: int, rng: np.random.Generator) -> Mapping[str, str]:
        """The file of y."""
        return self._name(index)

    def test_count(self) -> int:
        """The number of held-out images."""
        return len(self._test)

    def trained_on(self) -> frozenset[str]:
        """All variables, where no images are held out."""
        files = ([image.path for image, _ in items] for items in (self._train, self._test))
        return frozenset(self.variables) if same_files(*files) else frozenset()

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """y (channels, height, width) in [-1, 1], cut around the centre, and c ()."""
        return self._centred(self._train, index)

    def unaugmented_names(self, index: int) -> Mapping[str, str]:
        """The file of y."""
        return self._name(index)

    def test_sample(self, index: int) -> Sample:
        """y (channels, height, width) in [-1, 1] and c (); the classes take turns."""
        return self._centred(self._test, index)

    def _name(self, index: int) -> dict[str, str]:
        return {"y": self.readable(self._train, index)[0].name}

    def test_keys(self) -> dict[str, list[bytes]]:
        """Hashes of the files of held-out images."""
        return {"y": image_keys([image for image, _ in self._test])}

    def _centred(self, items: list[Labelled], index: int) -> Sample:
        image, label = self._readable(items, index, self.framing.size)
        view = self._framing.centre_view(image)
        shown_image = view.of(image, self.variables["y"].interpolation)
        return {"y": shown_image, "c": torch.tensor(label)}

    def summary(self) -> str:
        """How many images and classes there are, and how many files were skipped or left out."""
        none = "none held out (training images stand in)"
        held_out = f"{len(self._test)} held out" if self.held_out else none
        es = "" if self.count == 1 else "es"
        return self.summarise(f"{len(self._train)} images of {self.count} class{es}", held_out)

    def items(self, training: bool = True) -> Iterator[tuple[Sequence[object], Reads]]:
        """Images with their class, for training and held out."""
        for items in (self._train, self._test) if training else (self._test,):
            yield items, self._reads

    @property
    def _framing(self) -> Framing:
        return self.framing.of(self.variables["y"])

    def _reads(self, item: Labelled) -> list[tuple[Path, str]]:
        return [(item[0].path, "y")]

    def _class_names(self) -> list[str]:
        """The names of the folders in the root, where `classes` is only their number."""
        root = self.root_folder()
        names = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name[0] != ".")
        if len(names) != self.count:
            first = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
            there = f"{len(names)} ({first})" if names else "none"
            raise DataError(
                f"data.classes is {self.count}, and the folders in {shown(root)} are {there}"
            )
        return names

    def _to_train(self, folders: dict[str, list[Path]]) -> list[Labelled]:
        """All but the held-out images of each class."""
        for name, files in folders.items():
            if len(files) <= self.held_out:
                raise DataError(
                    f"data.held_out is {self.held_out}, and '{name}' has no more than "
                    f"{counted(len(files))}: nothing would be left to train on"
                )
        numbered = enumerate(folders.values())
        return [(i, c) for c, fs in numbered for i in self._in_pages(fs[: len(fs) - self.held_out])]

    def _in_pages(self, files: list[Path]) -> list[ImagePage]:
        return [*chain(*list_pages(files, self.variables["y"]).values())]

    def _readable(self, items: list[Labelled], index: int, target: Size) -> tuple[ScaledImage, int]:
        def read(item: Labelled) -> tuple[ScaledImage, int]:
            return self.scaled.read(item[0], self.variables["y"], target), item[1]

        return self.first_readable(items, index, read)


def _check(classes: int | list[str], held_out: int) -> None:
    if held_out < 0:
        raise ValueError(f"held_out must be at least 0, not {held_out}")
    if isinstance(classes, int):
        if classes < 1:
            raise ValueError(f"classes must be at least 1, not {classes}")
        return
    if not classes or len(set(classes)) < len(classes):
        raise ValueError("classes must name at least one folder, and none twice")
    for name in classes:
        if not name or Path(name).name != name:
            raise ValueError(f"classes are folders in root, and '{name}' cannot be one's name")
