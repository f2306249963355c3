"""Two folders of images that form no pairs, as horses and zebras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np
from torch import Tensor

from ganzoo.components.data.file_keys import image_keys
from ganzoo.components.data.folder_base import (
    CACHE,
    TEST_X,
    TEST_Y,
    Reads,
    Unreadable,
)
from ganzoo.components.data.image_listing import same_files
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
from ganzoo.components.data.share_held_out import ShareHeldOut, check_share
from ganzoo.components.data.transforms import Aspect, ScaledImage, Size
from ganzoo.interfaces import Sample
from ganzoo.interfaces.levels import returns_levels


class Folders(ShareHeldOut):
    """Unpaired images, in the layout of Zhu et al. 2017 (arXiv:1703.10593).

    An epoch shows each image of the larger domain once; that of the other domain is drawn at
    random. Held-out images are resized and cut around the centre. Where a test folder is missing,
    a share of the training images is held out, or the first ones stand in for it. Files are found
    by suffix, in subfolders too; hidden ones are left out.

    root: the folder that holds the others.
    x, y: the folders of training images, in `root` or absolute.
    test_x, test_y: the folders of held-out images; each may be missing.
    size: a sample's side in pixels, or [height, width].
    resize: what an image is resized to before a random crop of `size` (the paper: 286, then 256).
    flip: mirror half of the training samples.
    channels: 3 for RGB, 1 for gray; or how many bands the files have. Or a table: { x = 3, y = 5 }.
    aspect: `keep` an image's proportions, or `squash` it to `resize` as the paper did.
    range: the values of a file that become -1 and 1, such as [0, 4095]; "dtype", the default, is
        all that its type can hold; ["0.5%", "99.5%"] are quantiles of the training files. Or a
        table: { x = [0, 4095], y = [0, 255] }.
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
    hold_out: the share of training images that is held out where a test folder is missing, such as
        0.1; dealt by content, so that an image stays where it is. With 0 training images stand in.

    Raises:
        ValueError: a setting that makes no sense.
    """

    separate_items = True
    places_within: ClassVar[tuple[str, ...]] = ("x", "y", "test_x", "test_y")

    def __init__(
        self,
        root: str = "",
        x: str = "trainA",
        y: str = "trainB",
        test_x: str = TEST_X,
        test_y: str = TEST_Y,
        size: int | list[int] = 256,
        resize: int | list[int] | None = None,
        flip: bool = True,
        channels: Channels = 3,
        aspect: Aspect = "keep",
        unreadable: Unreadable = "error",
        range: Range = None,
        colour: Colours = "srgb",
        interpolation: Interpolations = "bicubic",
        scale: Scales | None = None,
        pages: PagesRead | None = None,
        depth: int | None = None,
        dtype: DTypes = None,
        cache: float = CACHE,
        hold_out: float = 0.0,
    ) -> None:
        reading = Reading(channels, range, colour, interpolation, scale, pages, depth, dtype)
        super().__init__(root, size, resize, flip, aspect, unreadable, reading, cache=cache)
        self.x, self.y, self.hold_out = x, y, check_share(hold_out)
        self.test_x, self.test_y = test_x, test_y
        self._train: tuple[list[ImagePage], list[ImagePage]] = ([], [])
        self._test: tuple[list[ImagePage], list[ImagePage]] = ([], [])
        self._trained_on: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Find the images. Where only held-out ones are there, it is `len` that fails.

        Raises:
            DataError: a folder is missing or holds no images.
        """
        self.begin()
        self._train, self._test = zip(
            self._domain("x", self.x, self.test_x, TEST_X),
            self._domain("y", self.y, self.test_y, TEST_Y),
            strict=True,
        )
        both = zip(self.variables, self._train, self._test, strict=True)
        self._trained_on = frozenset(
            name
            for name, *lists in both
            if same_files(*([image.path for image in images] for images in lists))
        )
        self.measure_ranges()

    def __len__(self) -> int:
        return self.trainable(max(map(len, self._train)))

    @returns_levels
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (channels, height, width) in [-1, 1], each with its own crop and flip."""
        drawn = self._draw_images(index, rng)
        return {name: self._augmented(name, images, i, rng) for name, images, i in drawn}

    def train_names(self, index: int, rng: np.random.Generator) -> Mapping[str, str]:
        """The file of each image."""
        drawn = self._draw_images(index, rng)
        return {name: self.readable(images, i).name for name, images, i in drawn}

    def _draw_images(
        self, index: int, rng: np.random.Generator
    ) -> list[tuple[str, list[ImagePage], int]]:
        """The variable, the list of images and the place in it of each image of a sample."""
        images_x, images_y = self._train
        walk_x = len(images_x) >= len(images_y)
        index_x = index if walk_x else int(rng.integers(len(images_x)))
        index_y = int(rng.integers(len(images_y))) if walk_x else index
        return [("x", images_x, index_x), ("y", images_y, index_y)]

    def train_counts(self) -> dict[str, int]:
        """The number of training images of each domain."""
        return dict(zip(self.variables, map(len, self._train), strict=True))

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (channels, height, width) in [-1, 1], cut around the centre as held-out ones."""
        named = zip(("x", "y"), self._train, strict=True)
        return {name: self._centred(name, files, index % len(files)) for name, files in named}

    def unaugmented_names(self, index: int) -> Mapping[str, str]:
        """The file of each image."""
        named = zip(("x", "y"), self._train, strict=True)
        return {name: self.readable(files, index % len(files)).name for name, files in named}

    def test_count(self) -> int:
        """The number of held-out images of the larger domain; those of the other are repeated."""
        return max(map(len, self._test))

    def test_sample(self, index: int) -> Sample:
        """x and y (channels, height, width) in [-1, 1], of different scenes."""
        named = zip(("x", "y"), self._test, strict=True)
        return {name: self._centred(name, images, index % len(images)) for name, images in named}

    def test_item(self, name: str, index: int) -> Tensor:
        """x or y (channels, height, width) in [-1, 1] alone."""
        return self._centred(name, self._test[name == "y"], index)

    def test_keys(self) -> dict[str, list[bytes]]:
        """Hashes of the files of held-out images."""
        return {name: image_keys(images) for name, images in zip("xy", self._test, strict=True)}

    def test_counts(self) -> dict[str, int]:
        """The number of held-out images of each domain; those of the smaller one are repeated."""
        return dict(zip(self.variables, map(len, self._test), strict=True))

    def trained_on(self) -> frozenset[str]:
        """The domains without held-out images of their own."""
        return self._trained_on

    def summary(self) -> str:
        """How many images each domain has, and how many files were skipped or left out."""
        held_out = {n: 0 if n in self._trained_on else k for n, k in self.test_counts().items()}
        images, tested = (
            " + ".join(map(str, n)) for n in (map(len, self._train), held_out.values())
        )
        return self.summarise(f"{images} images", f"{tested} held out")

    def items(self, training: bool = True) -> Iterator[tuple[Sequence[object], Reads]]:
        """Images of x and of y."""
        for lists in (self._train, self._test) if training else (self._test,):
            for name, files in zip(self.variables, lists, strict=True):
                yield files, self._reads(name)

    def _reads(self, name: str) -> Reads:
        return lambda image: [(image.path, name)]

    def _domain(
        self, setting: str, name: str, test: str, default: str
    ) -> tuple[list[ImagePage], list[ImagePage]]:
        """The images to train on and those to test on."""
        tested = self.asked_for(test, default)
        train = self._in_pages(setting, self.to_train(lambda: self.images(setting, name), tested))
        if tested:
            test_images = self._in_pages(setting, self.images(f"test_{setting}", test))
        else:
            train, test_images = self.deal(train, self._reads(setting))
        return train, self.without_unreadable(test_images, self._reads(setting))

    def _in_pages(self, name: str, files: list[Path]) -> list[ImagePage]:
        return [*chain(*list_pages(files, self.variables[name]).values())]

    def _augmented(
        self, name: str, images: list[ImagePage], index: int, rng: np.random.Generator
    ) -> Tensor:
        image = self._readable(name, images, index, self.framing.resize)
        variable = self.variables[name]
        view = self.framing.of(variable).random_view(image, rng)
        return view.levels_of(image, variable.interpolation)

    def _centred(self, name: str, images: list[ImagePage], index: int) -> Tensor:
        image = self._readable(name, images, index, self.framing.size)
        variable = self.variables[name]
        return self.framing.of(variable).centre_view(image).of(image, variable.interpolation)

    def _readable(
        self, name: str, images: list[ImagePage], index: int, target: Size
    ) -> ScaledImage:
        variable = self.variables[name]
        return self.first_readable(
            images, index, lambda image: self.scaled.read(image, variable, target)
        )
