"""Where the pairs of two folders, or of files side by side, are found."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NoReturn

from ganzoo.components.data.folder_base import TEST, TEST_X, TEST_Y
from ganzoo.components.data.page_pairs import Pair, pair_halves, pair_partners
from ganzoo.components.data.partners import by_name, require_partners
from ganzoo.components.data.share_held_out import ShareHeldOut
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

Layout = Literal["auto", "folders", "side_by_side"]

# The folder of held-out images where there is no `test`.
VAL = "val"


class PairFinder(ShareHeldOut):
    """Finds pairs in either layout; the settings are those of `PairedFolders`."""

    layout: Layout
    direction: Literal["xy", "yx"]
    x: str
    y: str
    test_x: str
    test_y: str
    train: str
    test: str

    def find_pairs(self) -> tuple[list[Pair], list[Pair]]:
        """The pairs for training, and the held-out ones.

        Raises:
            DataError: a folder is missing or holds no images, or an image has no partner.
        """
        beside = self._has_halves() and not self._has_partners()
        if self.layout == "auto" and not beside and not self._has_partners():
            self._say_neither()
        if self.layout == "side_by_side" or (self.layout == "auto" and beside):
            return self._find_halves()
        return self._find_partners()

    def names(self) -> tuple[str, str]:
        """Which variable the first image of a pair is, and which the second."""
        return ("y", "x") if self.direction == "yx" else ("x", "y")

    def pair_variables(self) -> tuple[Variable, Variable]:
        """What the first image of a pair is read as, and the second."""
        one, two = self.names()
        return self.variables[one], self.variables[two]

    def _has_halves(self) -> bool:
        return self.has(self.train) or self.asked_for(self.test, TEST) or self.has(VAL)

    def _has_partners(self) -> bool:
        tested = self.asked_for(self.test_x, TEST_X) and self.asked_for(self.test_y, TEST_Y)
        return self.has(self.x) or (tested and not self.has(self.train))

    def _find_halves(self) -> tuple[list[Pair], list[Pair]]:
        test = self.test if self.asked_for(self.test, TEST) else VAL
        tested = test != VAL or self.has(VAL)
        train = self.to_train(lambda: self._halves("train", self.train), tested)
        return (train, self._halves("test", test)) if tested else self.deal(train, self._reads)

    def _find_partners(self) -> tuple[list[Pair], list[Pair]]:
        tested = self.asked_for(self.test_x, TEST_X) or self.asked_for(self.test_y, TEST_Y)
        train = self.to_train(lambda: self._partners(("x", self.x), ("y", self.y)), tested)
        if not tested:
            return self.deal(train, self._reads)
        return train, self._partners(("test_x", self.test_x), ("test_y", self.test_y))

    def _halves(self, setting: str, name: str) -> list[Pair]:
        return pair_halves(self.images(setting, name), *self.pair_variables())

    def _partners(self, x: tuple[str, str], y: tuple[str, str]) -> list[Pair]:
        """The files of two folders (setting, name), matched by path without suffix."""
        first, second = (self._by_name(*folder) for folder in (x, y))
        require_partners((*x, first), (*y, second))
        return pair_partners(first, second, *self.pair_variables())

    def _by_name(self, setting: str, name: str) -> dict[str, Path]:
        folder = self.root_folder() / Path(name).expanduser()
        return by_name(folder, self.images(setting, name), setting)

    def _reads(self, pair: Pair) -> list[tuple[Path, str]]:
        return [(image.path, name) for image, name in zip(pair, self.names(), strict=True)]

    def _say_neither(self) -> NoReturn:
        beside = f"For images side by side in one file: --set data.train=FOLDER ('{self.train}')"
        raise DataError(f"{self.no_folder_for('x', self.x)}. {beside}")
