"""What data of image files have in common: where folders are, and what to do with broken files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from torch import Tensor

from ganzoo.data.images import read_image
from ganzoo.data.listing import Survey, no_images, shown, survey, told_left_out
from ganzoo.data.reading import Colours, Interpolations, Range, readings
from ganzoo.data.transforms import Aspect, Framing
from ganzoo.errors import DataError, did_you_mean, listed
from ganzoo.interfaces import Data, Variable
from ganzoo.printing import visible

Unreadable = Literal["error", "skip"]
Item = TypeVar("Item")
Read = TypeVar("Read")

# How many training images stand in for a missing test folder.
STAND_INS = 8
# Test folders that may be missing; one of another name was asked for.
TEST_X, TEST_Y, TEST = "testA", "testB", "test"


class FolderData(Data):
    """Images x and y (channels, height, width) from files.

    root: the folder that holds the others; `~` is the user's own.
    size, resize, flip, aspect: how samples are cut, see `Framing`.
    channels: 3 for RGB, 1 for gray.
    range, colour, interpolation: how files are read and resized, see `Variable`; for all images, or
        a table by variable.
    images: the variables that are images.
    unreadable: `error` stops at a file that cannot be read; `skip` warns once, naming it, and takes
        the next readable one in its place.

    Raises:
        ValueError: a setting that makes no sense.
    """

    def __init__(
        self,
        root: str,
        size: int | list[int],
        resize: int | list[int] | None,
        flip: bool,
        channels: int,
        aspect: Aspect,
        unreadable: Unreadable,
        range: Range = None,
        colour: Colours = "srgb",
        interpolation: Interpolations = "bicubic",
        images: Sequence[str] = ("x", "y"),
    ) -> None:
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 (gray) or 3 (RGB), not {channels}")
        self.root = root
        self.channels = channels
        self.unreadable = unreadable
        self.framing = Framing(size, resize, flip, aspect)
        self.variables = {
            name: Variable(channels, self.framing.size, aspect=aspect, **reading)
            for name, reading in readings(images, range, colour, interpolation).items()
        }
        self.found: dict[str, Survey] = {}
        self._bad: set[object] = set()
        self._untrained: DataError | None = None

    def root_folder(self) -> Path:
        """The root, where it exists.

        Raises:
            DataError: it is not set, or is no folder.
        """
        if not self.root:
            raise DataError("data.root is not set: --set data.root=FOLDER")
        root = Path(self.root).expanduser()
        if not root.is_dir():
            what = "is a file, not a folder" if root.exists() else "does not exist"
            raise DataError(f"data.root: {shown(root)} {what}; --set data.root=FOLDER")
        return root

    def has(self, name: str) -> bool:
        """Whether there is such a folder in the root."""
        return (self.root_folder() / Path(name).expanduser()).is_dir()

    def asked_for(self, name: str, default: str) -> bool:
        """Whether a test folder is to be used: it is there, or a setting names it."""
        return name != default or self.has(name)

    def begin(self) -> None:
        """Forget what was found before."""
        self.found = {}
        self._untrained = None

    def to_train(self, find: Callable[[], list[Item]], tested: bool) -> list[Item]:
        """What `find` gives; nothing where it fails and there are held-out images, which may do.

        Raises:
            DataError: it fails, and none are held out.
        """
        try:
            return find()
        except DataError as error:
            if not tested:
                raise
            self._untrained = self._untrained or error
            return []

    def trainable(self, count: int) -> int:
        """`count`, for `__len__`.

        Raises:
            DataError: training images are missing, which held-out samples alone did not need.
        """
        if self._untrained:
            raise self._untrained
        return count

    def images(self, setting: str, name: str) -> list[Path]:
        """The images in a folder of the root, which `data.<setting>` names.

        Raises:
            DataError: there is no such folder, or no image in it.
        """
        root = self.root_folder()
        folder = root / Path(name).expanduser()
        if not folder.is_dir():
            raise DataError(
                f"data.{setting}: there is no folder '{name}' in {shown(root)}; {_contents(root)}."
                f"{did_you_mean(name, _folders(root))}"
            )
        found = survey(folder)
        if not found.images:
            raise DataError(f"data.{setting}: no images in {shown(folder)}{no_images(found)}")
        self.found[f"{setting}/{name}"] = found
        return found.images

    def left_out(self) -> str:
        """What lies in the folders beside images: `4 left out: 3 .gif, 1 .npy`, or nothing."""
        return told_left_out(self.found.values())

    def read(self, path: Path, variable: str) -> Tensor:
        """One image (channels, H, W) in 0 ... 255, read as that variable is.

        Raises:
            DataError: it cannot be read; says how to go on without it.
        """
        try:
            return read_image(path, self.variables[variable])
        except DataError as error:
            hint = "" if self.unreadable == "skip" else "; mend it, or data.unreadable = 'skip'"
            raise DataError(f"{error}{hint}") from error

    def first_readable(
        self, items: Sequence[Item], index: int, read: Callable[[Item], Read]
    ) -> Read:
        """What `read` makes of an item, or of the next one that it can read.

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
                    raise
                self._bad.add(item)
                warnings.warn(visible(f"skipped: {error}"), stacklevel=2)
        raise DataError(f"data.root: none of {len(items)} images in {self.root} can be read")


def _folders(folder: Path) -> list[str]:
    return sorted(shown(Path(path.name)) for path in folder.iterdir() if path.is_dir())


def _contents(root: Path) -> str:
    """What a folder holds, for a message."""
    folders = _folders(root)
    if folders:
        more = f" and {len(folders) - 6} more" if len(folders) > 6 else ""
        return f"there is {listed(folders[:6])}{more}"
    return f"it has no folders, and {sum(1 for _ in root.iterdir())} files"


def same_files(one: Sequence[Path], other: Sequence[Path]) -> bool:
    """Whether a file is in both lists, under whatever name."""
    return not {_identity(path) for path in one}.isdisjoint(_identity(path) for path in other)


def _identity(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:  # it went away, or a link leads nowhere
        return path
    return found.st_dev, found.st_ino
