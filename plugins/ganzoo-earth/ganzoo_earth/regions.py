"""Which places of the earth are for training, which are held out, and where land is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ganzoo.components.data.picture_cache import Pixels
from ganzoo.components.data.transforms import Box, Size
from numpy.typing import NDArray

from ganzoo_earth.map_files import PER_DEGREE, WORLD

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

# Every sixth block of 20 degrees is held out, along diagonals, so that all climates are among them.
BLOCK_DEGREES = 20
BLOCK = BLOCK_DEGREES * PER_DEGREE
EVERY, FIRST = 6, 2
# Between held-out blocks and training crops, in pixels of scale 1: the side of a JPEG's block.
MARGIN = 16
# In the photo, a pixel whose blue exceeds its red by this much is water; this agrees with surveyed
# coasts to 99 %.
BLUER = 5
# Of the order of held-out places within a block.
SEED = 0


@dataclass(frozen=True)
class Windows:
    """Places for crops of one size, as flat indices of their upper left corners.

    train, test: the places, the held-out ones from each block in turn; no test crop comes nearer
        than the margin to any training crop.
    size: a crop's (height, width).
    columns: how many corners there are in a row.
    """

    train: Positions
    test: Positions
    size: Size
    columns: int

    def box(self, position: int) -> Box:
        """The crop at one of the positions."""
        top, left = divmod(position, self.columns)
        return top, left, *self.size

    def train_box(self, rng: np.random.Generator) -> Box:
        """A crop for training, drawn uniformly."""
        return self.box(int(self.train[rng.integers(len(self.train))]))

    def test_box(self, index: int) -> Box:
        """Held-out crop `index`."""
        return self.box(int(self.test[index]))


def find_windows(photo: Pixels, size: Size, scale: int, share: float) -> Windows:
    """All places of a photo (H, W, 3) at a scale where at least that share of a crop is land."""
    height, width = size
    enough = _sums(is_land(photo), size) >= share * height * width
    held_out = held_out_blocks((photo.shape[0], photo.shape[1]), scale)
    margin = -(-MARGIN // scale)
    near = _sums(np.pad(held_out, margin), (height + 2 * margin, width + 2 * margin))
    inside = _sums(held_out, size) == height * width
    train, test = (np.flatnonzero(enough & where) for where in (near == 0, inside))
    columns = enough.shape[1]
    return Windows(train, _in_turn(test, columns, scale), size, columns)


def is_land(photo: Pixels) -> Mask:
    """Where a photo (H, W, 3) shows no water."""
    return photo[..., 2] < photo[..., 0].astype(np.int16) + BLUER


def held_out_blocks(shape: Size, scale: int) -> Mask:
    """Which pixels of a map of that shape and scale belong to held-out blocks."""
    rows, columns = (np.arange(side) * scale // BLOCK for side in shape)
    diagonals: Mask = (rows[:, None] + columns) % EVERY == FIRST
    return diagonals


def _in_turn(places: Positions, columns: int, scale: int) -> Positions:
    """Shuffled, then one from each block in turn, so that the first few are of all blocks."""
    shuffled = np.random.default_rng(SEED).permutation(places)
    rows, across = (corner * scale // BLOCK for corner in np.divmod(shuffled, columns))
    blocks = rows * (WORLD[1] // BLOCK) + across
    turns = np.zeros_like(shuffled)
    for block in np.unique(blocks):
        own = blocks == block
        turns[own] = np.arange(own.sum())
    return shuffled[np.argsort(turns, kind="stable")]


def _sums(mask: Mask, size: Size) -> NDArray[np.int32]:
    """How many pixels of a window are true, for each of its places (H - h + 1, W - w + 1)."""
    height, width = size
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int32)
    np.cumsum(mask, 0, out=table[1:, 1:])
    np.cumsum(table, 1, out=table)
    rows = table[height:] - table[:-height]
    sums: NDArray[np.int32] = rows[:, width:] - rows[:, :-width]
    return sums
