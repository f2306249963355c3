"""How an image is cut into tiles that fit into some memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ganzoo.components.data.transforms import Size
from ganzoo.inference.tiling.live_bytes import Law
from ganzoo.inference.tiling.reach import Reach
from ganzoo.inference.tiling.statistics import CELL
from ganzoo.inference.tiling.tile_places import TilePlaces, place_tiles

# The most pixels that a tile sees beyond where it counts, though its networks may see farther.
FARTHEST = 256
# How much of an image patches for the statistics of norms cover, and what is read
# around each of them.
SAMPLED, MARGIN = 0.16, 8
# An image is this much smaller for the first look at it, or still smaller.
SMALLER = 3
# How many pixels both may have, to those of a tile: no freed memory lies in pieces yet.
GATHERED = 1.2
# Bytes of a value of a band, of which the last one is still there while the next one is computed;
# and by how much tiles shrink until they and their bands fit.
VALUE, SHRINK = 2 * 4, 0.8


@dataclass(frozen=True)
class TilePlan:
    """How an image is computed in tiles.

    size: (height, width) of the image. reach: how far its networks see.
    patches: how many patches the statistics of norms come from; 0 without such norms.
    smaller: by which factor the image is smaller for the first look at it.
    reason: why it is tiled.
    """

    size: Size
    places: TilePlaces
    reach: Reach
    patches: int
    smaller: int
    reason: str

    @property
    def gathered(self) -> int:
        """The pixels that are computed for the statistics of norms."""
        if not self.reach.norms:
            return 0
        return self.patches * _patch_area(self.reach) + math.prod(self.size) // self.smaller**2

    @property
    def sentence(self) -> str:
        """What is done, for the user: "tiles of 2048 x 2048 px, overlap 48 px, ..."."""
        height, width = self.places.largest
        phrases = [f"tiles of {width} x {height} px", f"overlap {self.places.overlap} px"]
        if self.places.blend:
            sees = f"farther than {FARTHEST}" if self.reach.pixels is None else self.reach.pixels
            phrases[-1] += f", blended, as the networks see {sees} px far"
        if self.reach.norms:
            phrases.append(f"statistics from {self.patches} patches of the whole image")
        return f"{', '.join(phrases)}: {self.reason}"


def overlap_of(reach: Reach, size: Size) -> tuple[int, int]:
    """The overlap of tiles, and how many pixels are blended where they meet."""
    grid = reach.grid
    odd = grid if any(side % grid for side in size) else 0  # padded at the far side
    if reach.pixels is not None and reach.pixels <= FARTHEST:
        return math.ceil(reach.pixels / grid) * grid + odd, 0
    overlap = math.ceil(FARTHEST / grid) * grid + odd
    return overlap, overlap // 2 * 2


def fit_tiles(size: Size, law: Law, room: float, reach: Reach, reason: str) -> TilePlan | None:
    """Tiles that fit into so many bytes together with a band of the result; None if none do.

    law: the bytes of a tile.
    """
    most = law.pixels(room)
    while plan := plan_tiles(size, most, reach, reason):
        band = plan.places.largest[0] * size[1] * reach.channels * VALUE
        if law(math.prod(plan.places.largest)) + band <= room:
            return plan
        most = int(SHRINK * most)
    return None


def plan_tiles(size: Size, most: int, reach: Reach, reason: str) -> TilePlan | None:
    """Tiles of at most so many pixels; None if there are none that small."""
    overlap, blend = overlap_of(reach, size)
    places = place_tiles(size, most, reach.grid, overlap, blend)
    if places is None:
        return None
    patches, smaller = _plan_statistics(size, most, reach)
    return TilePlan(size, places, reach, patches, smaller, reason)


def _plan_statistics(size: Size, most: int, reach: Reach) -> tuple[int, int]:
    """How many patches are taken, and how small the small image is; both fit into a tile's room."""
    if not reach.norms:
        return 0, 0
    pixels, most = math.prod(size), int(GATHERED * most) or 1
    smaller = max(SMALLER, math.ceil(math.sqrt(pixels / most)))
    return max(1, int(min(SAMPLED * pixels, most) / _patch_area(reach))), smaller


def _patch_area(reach: Reach) -> int:
    cell = max(CELL // reach.grid, 1) * reach.grid
    return (cell + 2 * margin_of(reach)) ** 2


def margin_of(reach: Reach) -> int:
    """What is read around a cell of a patch: a multiple of the grid."""
    return math.ceil(MARGIN / reach.grid) * reach.grid
