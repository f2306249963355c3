"""Images x and y of the same scene, as two folders of equal names or side by side in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from ganzoo.components.data.file_keys import image_keys
from ganzoo.components.data.folder_base import (
    CACHE,
    TEST,
    TEST_X,
    TEST_Y,
    Reads,
    Unreadable,
)
from ganzoo.components.data.image_listing import same_files
from ganzoo.components.data.page_pairs import Pair
from ganzoo.components.data.pair_finding import Layout, PairFinder
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
from ganzoo.components.data.share_held_out import check_share
from ganzoo.components.data.transforms import Aspect, Framing, ScaledImage, Size
from ganzoo.interfaces import Sample
from ganzoo.interfaces.levels import returns_levels
from ganzoo.interfaces.variable import Interpolation


class PairedFolders(PairFinder):
    """Paired images, in either layout of Isola et al. 2017 (arXiv:1611.07004).

    `folders`: x and y in two folders, matched by name (`trainA/sub/7.jpg` and `trainB/sub/7.png`).
    `side_by_side`: one folder of images whose left half is x and whose right half is y.
    Both images of a pair get the same crop and flip; files of several pages that are an image each
    are matched page by page. Where there are no held-out images, a share of the training pairs is
    held out, or the first ones stand in for them.

    root: the folder that holds the others.
    layout: which of the two; `auto` takes `side_by_side` where `train` exists and `x` does not.
    direction: `yx` swaps x and y.
    x, y: the folders of training images (layout `folders`), in `root` or absolute.
    test_x, test_y: the folders of held-out images (layout `folders`); both may be missing.
    train: the folder of training images (layout `side_by_side`).
    test: the folder of held-out images (layout `side_by_side`); missing, it is `val`.
    size: a sample's side in pixels, or [height, width].
    resize: what an image is resized to before a random crop of `size` (the paper: 286, then 256).
    flip: mirror half of the training pairs.
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
    unreadable: `error` stops at a broken file; `skip` warns and takes the next pair.
    cache: how many gigabytes of resized images are cached on disk, of all data sets; 0 for none.
    hold_out: the share of training pairs that is held out where test folders are missing, such as
        0.1; dealt by content, so that a pair stays where it is. With 0 training pairs stand in.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True
    trains_on_pairs = True
    places_within: ClassVar[tuple[str, ...]] = ("x", "y", "test_x", "test_y", "train", "test")

    def __init__(
        self,
        root: str = "",
        layout: Layout = "auto",
        direction: Literal["xy", "yx"] = "xy",
        x: str = "trainA",
        y: str = "trainB",
        test_x: str = TEST_X,
        test_y: str = TEST_Y,
        train: str = "train",
        test: str = TEST,
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
        if len({variable.scale for variable in self.variables.values()}) > 1:
            raise ValueError("both images of a pair are cut alike: give one scale for both")
        self.layout, self.direction, self.train, self.test = layout, direction, train, test
        self.x, self.y, self.test_x, self.test_y = x, y, test_x, test_y
        self.hold_out = check_share(hold_out)
        self._train, self._test, self._pairs = list[Pair](), list[Pair](), list[Pair]()
        self._trained_on: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Find the pairs.

        Raises:
            DataError: a folder is missing or holds no images, or an image has no partner.
        """
        self.begin()
        self._train, self._test = self.find_pairs()
        self._test = self.without_unreadable(self._test, self._reads)
        held_out = set(self._test)
        self._pairs = [pair for pair in self._train if pair not in held_out]
        lists = self._train, self._test
        files = ([image.path for pair in pairs for image in pair] for pairs in lists)
        self._trained_on = frozenset(self.variables) if same_files(*files) else frozenset()
        self.measure_ranges()

    def __len__(self) -> int:
        return self.trainable(len(self._train))

    @returns_levels
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (channels, height, width) in [-1, 1] of one scene, cut alike."""
        pair = self._readable(self._train, index, self.framing.resize)
        view = self._framing.random_view(_deepest(pair), rng)
        return {n: view.levels_of(i, self._interpolation(n)) for n, i in self._named(pair)}

    def train_names(self, index: int, rng: np.random.Generator) -> Mapping[str, str]:
        """The file of each image; one file where they are side by side."""
        return self.unaugmented_names(index)

    def unaugmented_names(self, index: int) -> Mapping[str, str]:
        """The file of each image; one file where they are side by side."""
        pair = self.readable(self._train, index)
        return {name: image.name for image, name in zip(pair, self.names(), strict=True)}

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (channels, height, width) in [-1, 1], cut around the centre as held-out ones."""
        return self._centred(self._train, index)

    def test_count(self) -> int:
        """The number of held-out pairs."""
        return len(self._test)

    def trained_on(self) -> frozenset[str]:
        """Both variables, where no pairs are held out."""
        return self._trained_on

    def test_sample(self, index: int) -> Sample:
        """x and y (channels, height, width) in [-1, 1] of one scene, cut around the centre."""
        return self._centred(self._test, index)

    def test_keys(self) -> dict[str, list[bytes]]:
        """Hashes of the files of held-out images, which are one where they are side by side."""
        images = (image_keys([pair[side] for pair in self._test]) for side in (0, 1))
        return dict(zip(self.names(), images, strict=True))

    def paired_count(self) -> int:
        """The number of training pairs, without those that stand in for held-out ones."""
        return len(self._pairs)

    def paired_sample(self, index: int) -> Sample:
        """x and y (channels, height, width) in [-1, 1] of one scene, cut around the centre."""
        return self._centred(self._pairs, index)

    def _centred(self, pairs: list[Pair], index: int) -> Sample:
        pair = self._readable(pairs, index, self.framing.size)
        view = self._framing.centre_view(_deepest(pair))
        return {n: view.of(i, self._interpolation(n)) for n, i in self._named(pair)}

    @property
    def _framing(self) -> Framing:
        return self.framing.of(max(self.variables.values(), key=lambda v: len(v.shape)))

    def _named(self, pair: Sequence[ScaledImage]) -> list[tuple[str, ScaledImage]]:
        """Both images with their variables, x first."""
        return sorted(zip(self.names(), pair, strict=True))

    def _interpolation(self, name: str) -> Interpolation:
        return self.variables[name].interpolation

    def _readable(self, pairs: list[Pair], index: int, target: Size) -> list[ScaledImage]:
        variables = self.pair_variables()
        return self.first_readable(
            pairs, index, lambda pair: self.scaled.read_pair(pair, variables, target)
        )

    def summary(self) -> str:
        """How many pairs there are, and how many files were skipped or left out."""
        held_out = "none held out" if self._trained_on else f"{len(self._test)} held out"
        return self.summarise(f"{len(self._train)} pairs", held_out)

    def items(self, training: bool = True) -> Iterator[tuple[Sequence[object], Reads]]:
        """Pairs, for training and held out."""
        for pairs in (self._train, self._test) if training else (self._test,):
            yield pairs, self._reads


def _deepest(pair: Sequence[ScaledImage]) -> ScaledImage:
    """A volume of a pair, if there is one; both images have the same height and width."""
    return max(pair, key=lambda image: len(image.shape))
