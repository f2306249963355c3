"""The common base of data from image files: finding folders and handling broken files."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn, TypeVar

from ganzoo.components.data import inspecting
from ganzoo.components.data.folder_checks import has_folder, missing_folders
from ganzoo.components.data.headers import header_warnings
from ganzoo.components.data.image_cache import ImageCache
from ganzoo.components.data.image_listing import Survey, format_left_out, no_images, shown, survey
from ganzoo.components.data.leaked_files import leak_warnings
from ganzoo.components.data.measured_settings import MeasuredData
from ganzoo.components.data.reading_settings import Reading, refuse_contradiction
from ganzoo.components.data.roots import find_root
from ganzoo.components.data.scaled_images import ScaledImages
from ganzoo.components.data.scales import all_scale_warnings
from ganzoo.components.data.transforms import Aspect, Framing
from ganzoo.errors import DataError
from ganzoo.printing.text import visible

Unreadable = Literal["error", "skip"]
Item = TypeVar("Item")
Read = TypeVar("Read")

Reads = Callable[[Any], Sequence[tuple[Path, str]]]
"""The files that an item is read from, and the variable that each is read as."""

CACHE = 2.0
MEND = "; mend it, or data.unreadable = 'skip'"
# How many training images stand in for a missing test folder.
STAND_INS = 8
# Test folders that may be missing. A setting that names another one asks for it.
TEST_X, TEST_Y, TEST = "testA", "testB", "test"


class FolderData(MeasuredData):
    """Images x and y (channels, height, width) from files.

    root: the folder that holds the others; `~` is the user's own.
    size, resize, flip, aspect: how samples are cut, see `Framing`.
    reading: how files are read and resized.
    images: the variables that are images.
    cache: how many gigabytes the cache of resized images may take, see `ImageCache`.
    unreadable: `error` stops at a file that cannot be read; `skip` warns once, naming it, and takes
        the next readable one in its place.

    Raises:
        ValueError: a setting that makes no sense.
    """

    places: ClassVar[tuple[str, ...]] = ("root",)
    free: ClassVar[tuple[str, ...]] = ("cache",)

    def __init__(
        self,
        root: str,
        size: int | list[int],
        resize: int | list[int] | None,
        flip: bool,
        aspect: Aspect,
        unreadable: Unreadable,
        reading: Reading,
        images: Sequence[str] = ("x", "y"),
        cache: float = CACHE,
    ) -> None:
        if not 0 <= cache < math.inf:
            raise ValueError(f"cache must be gigabytes, 0 or more, not {cache}")
        self.root = root
        self.unreadable = unreadable
        self.framing = Framing(size, resize, flip, aspect)
        self.scaled = ScaledImages(self.framing, ImageCache(cache))
        self.variables = reading.variables(images, self.framing.size, aspect)
        refuse_contradiction(self.variables, resize, aspect)
        self.begin_measuring(reading)
        self.folders: dict[str, tuple[Path, Survey]] = {}
        self.skipped: dict[Path, None] = {}
        self._bad: set[object] = set()
        self._untrained: DataError | None = None

    def root_folder(self) -> Path:
        """The root, where it exists.

        Raises:
            DataError: it is not set, or is no folder.
        """
        return find_root(self.root)

    def has(self, name: str) -> bool:
        """Whether there is such a folder in the root."""
        return has_folder(self.root_folder(), name)

    def asked_for(self, name: str, default: str) -> bool:
        """Whether a test folder is to be used: it is there, or a setting names it."""
        return name != default or self.has(name)

    def begin(self) -> None:
        """Forget the results of an earlier `prepare`."""
        self.folders = {}
        self.skipped, self._bad = {}, set()
        self._untrained = None

    def to_train(self, find: Callable[[], list[Item]], tested: bool) -> list[Item]:
        """The training images that `find` returns; none if it fails but there are held-out ones.

        A model can be evaluated without training images. `trainable` raises the error for training.

        Raises:
            DataError: it fails, and there are no held-out images.
        """
        try:
            return find()
        except DataError as error:
            if not tested:
                raise
            self._untrained = self._untrained or error
            return []

    def trainable(self, count: int) -> int:
        """`count`, the number of training samples.

        Raises:
            DataError: `to_train` failed.
        """
        if self._untrained:
            raise self._untrained
        return count

    def images(self, setting: str, name: str, key: str = "") -> list[Path]:
        """The images in a folder of the root, which `data.<setting>` names.

        key: the folder's name in the fingerprint; left out, that of the setting.

        Raises:
            DataError: there is no such folder, or no image in it.
        """
        root = self.root_folder()
        folder = root / Path(name).expanduser()
        if not folder.is_dir():
            raise DataError(self.no_folder_for(setting, name))
        there = survey(folder)
        if not there.images:
            raise DataError(f"data.{setting}: no images in {shown(folder)}{no_images(there)}")
        self.folders[key or setting] = folder, there
        return there.images

    def no_folder_for(self, setting: str, name: str) -> str:
        """A message that a folder is missing; of x and y, both are named at once."""
        named = {s: str(getattr(self, s)) for s in self.places_within}
        return missing_folders(self.root_folder(), {**named, setting: name}, setting)

    def without_unreadable(self, items: Sequence[Item], reads: Reads) -> list[Item]:
        """Held-out items; with `skip`, only those that can be read."""
        if self.unreadable == "error":
            return list(items)
        reading = {item: list(reads(item)) for item in items}
        files = [(p, self.variables[name]) for read in reading.values() for p, name in read]
        wrong = inspecting.read_headers(files)[1]
        self.skipped |= dict.fromkeys(wrong)
        readable = [item for item in items if not any(p in wrong for p, _ in reading[item])]
        return readable or self._none_of(items)

    @abstractmethod
    def items(self, training: bool = True) -> Iterator[tuple[Sequence[object], Reads]]:
        """The lists of items that `first_readable` gets, each with the files that an item reads.

        training: those to train on as well, not only those to test on.
        """

    def training_files(self) -> dict[str, list[Path]]:
        """The files of each variable; held-out ones come last in `items`."""
        lists = [*self.items()][: -len([*self.items(training=False)])]
        return inspecting.files_by_name(_files_of(lists))

    def inspect(self) -> list[str]:
        """Read all headers. Unreadable files are refused, or with `skip` left out from now on."""
        reads = {item: list(of(item)) for items, of in self.items() for item in items}
        files = [(p, self.variables[name]) for read in reads.values() for p, name in read]
        headers, wrong = inspecting.read_headers(files)
        wrong |= inspecting.find_too_small(headers, files, self.framing)
        if wrong and self.unreadable == "error":
            every = inspecting.format_faults(list(wrong.values()), len({path for path, _ in files}))
            raise DataError(f"{every}{MEND}")
        self.skipped |= dict.fromkeys(wrong)
        self._bad |= {item for item, read in reads.items() if any(p in wrong for p, _ in read)}
        for items, _ in self.items():
            if items and self._bad.issuperset(items):
                self._none_of(items)
        named = [file for read in reads.values() for file in read]
        leaks = leak_warnings(self.training_files(), _files_of(self.items(training=False)))
        return [*header_warnings(headers), *all_scale_warnings(named, self.variables), *leaks]

    def inspect_tests(self) -> list[str]:
        """As `inspect`, without advice on ranges: another one does not help a trained model."""
        named = _files_of(self.items(training=False))
        headers, _ = inspecting.read_headers((path, self.variables[name]) for path, name in named)
        scales = all_scale_warnings(named, self.variables, False)
        return [*header_warnings(headers), *scales, *leak_warnings(self.training_files(), named)]

    def fingerprint(self) -> dict[str, Any]:
        """For each folder the number of images, and a hash of their names and sizes."""
        return {
            key: inspecting.digest(folder, there.images)
            for key, (folder, there) in self.folders.items()
        }

    def summarise(self, *facts: str) -> str:
        """A summary of these facts, and of the files that were skipped and left out."""
        names = inspecting.format_names(list(self.skipped))
        skipped = f"{len(self.skipped)} unreadable, skipped: {names}" if self.skipped else ""
        left_out = format_left_out(there for _, there in self.folders.values())
        return ", ".join(fact for fact in (*facts, skipped, left_out) if fact)

    def first_readable(
        self, items: Sequence[Item], index: int, read: Callable[[Item], Read]
    ) -> Read:
        """What `read` returns for an item, or for the next one that can be read.

        Raises:
            DataError: it cannot be read and `unreadable` is `error`, or none can be read.
        """
        for offset in range(len(items)):
            item = items[(index + offset) % len(items)]
            if item in self._bad:
                continue
            try:
                return read(item)
            except DataError as error:
                if self.unreadable == "error":
                    raise DataError(f"{error}{MEND}") from error
                self._bad.add(item)
                warnings.warn(visible(f"skipped: {error}"), stacklevel=2)
        return self._none_of(items)

    def readable(self, items: Sequence[Item], index: int) -> Item:
        """The item of that index, or the next one that is not known to be unreadable."""
        ordered = (items[(index + offset) % len(items)] for offset in range(len(items)))
        return next((item for item in ordered if item not in self._bad), items[index])

    def _none_of(self, items: Sequence[object]) -> NoReturn:
        raise DataError(f"data.root: none of {len(items)} images in {self.root} can be read")


def _files_of(lists: Iterable[tuple[Sequence[object], Reads]]) -> list[tuple[Path, str]]:
    return [file for items, of in lists for item in items for file in of(item)]
