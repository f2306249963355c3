"""Decides whether an image is computed whole or in tiles, by what memory allows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.components.data.transforms import Size
from ganzoo.errors import GanzooError, first_line
from ganzoo.inference.fast_network import uncompiled
from ganzoo.inference.tiling.live_bytes import Law, measure_bytes
from ganzoo.inference.tiling.memory_limit import format_memory, free_memory, resident
from ganzoo.inference.tiling.reach import Reach, find_reach
from ganzoo.inference.tiling.statistics import CELL
from ganzoo.inference.tiling.tile_places import TilePlaces, place_tiles

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# What the process takes for each byte of live tensors: freed memory is kept for the next ones, and
# lies in pieces between them. Measured: 1.2 to 2.3 (docs/performance.md).
SAFETY = 2.4
# Bytes for each value of an image that is read while another one is computed, and of a result
# that is written behind it.
READING, WRITING = 9, 12
# The most pixels that a tile sees beyond where it counts, though its networks may see farther.
FARTHEST = 256
# How much of an image patches for the statistics of norms cover, and what is read
# around each of them.
SAMPLED, MARGIN = 0.1, 16
# An image is this much smaller for the first look at it, or still smaller.
SMALLER = 4
# Images of fewer pixels are not worth a look at what is free.
SMALL = 2**20


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


@dataclass
class Tiling:
    """What an output needs, measured when it is first asked for.

    run: the output as a function of images (N, C, H, W) in [-1, 1].
    memory: the bytes that the program may take in all; None: what is free.
    """

    model: Model
    output: OutputWire
    variable: str
    memory: int | None = None
    baseline: int = field(default_factory=resident)

    @cached_property
    def law(self) -> Law:
        """The bytes that the networks need at once."""
        law = measure_bytes(self.model, self.output, self.variable)
        return Law(SAFETY * law.fixed, SAFETY * law.per_pixel)

    @cached_property
    def room(self) -> int:
        """The bytes that may be taken beside what the program has already."""
        if self.memory is None:
            return free_memory(self.model.device)
        on_cpu = self.model.device.type == "cpu"
        return max(0, self.memory - (self.baseline if on_cpu else 0))

    @cached_property
    def reach(self) -> Reach | str:
        """What tiles must respect, or why there can be none."""
        try:
            return self._find_reach()
        except (ValueError, RuntimeError) as error:
            return first_line(error)

    def run(self, image: Tensor) -> Tensor:
        """The output (N, C, H, W) for images (N, C, H, W), on the CPU."""
        with uncompiled(self.model.networks.values()):
            value = self.model.evaluate([self.output], {self.variable: image}, 0)[0]
        return (value[-1] if isinstance(value, list) else value).float().cpu()

    def plan(self, size: Size) -> TilePlan | None:
        """How an image of a size is tiled; None if it is computed whole.

        Raises:
            GanzooError: the memory that was asked for is too little for it.
        """
        pixels = math.prod(size)
        if self.memory is None and pixels < SMALL:
            return None
        beside = READING * self._channels * pixels
        whole = self.law(pixels) + beside + WRITING * self._channels * pixels
        if whole <= self.room:
            return None
        reason = f"whole it would take {format_memory(whole)}, and {self._described_room} is there"
        return self._plan_tiles(size, beside, reason)

    def _plan_tiles(self, size: Size, beside: int, reason: str) -> TilePlan | None:
        if isinstance(self.reach, str):
            if self.memory is None:
                return None  # it may still work
            raise GanzooError(f"{reason}; it cannot be tiled: {self.reach}. Try --scale")
        plan = plan_tiles(size, self.law.pixels(self.room - beside), self.reach, reason)
        if plan is None and self.memory is not None:
            raise GanzooError(f"{reason}: that is too little for a tile; {self._advice(beside)}")
        return plan

    def _advice(self, beside: int) -> str:
        """The least memory that would do, for a tile of a few overlaps."""
        assert isinstance(self.reach, Reach)
        overlap, _ = _overlap(self.reach, (1, 1))
        side = 4 * overlap + 4 * self.reach.grid
        least = self.baseline + beside + self.law(side * side)
        return f"give --memory {math.ceil(1.1 * least / 2**20)}M or more, or a smaller --scale"

    @property
    def _channels(self) -> int:
        return self.model.variables[self.variable].channels

    @property
    def _described_room(self) -> str:
        if self.memory is None:
            return format_memory(self.room)
        return f"{format_memory(self.room)} of --memory"

    def _find_reach(self) -> Reach:
        if self.output.component is not None:
            raise ValueError("a component makes this output, and may need the image whole")
        if self.model.variables[self.variable].depth is not None:
            raise ValueError("it is a volume")
        networks = [self.model.networks[name] for name in self.output.networks]
        known = [int(getattr(each, "multiple", 0)) for each in networks]
        return find_reach(self.run, self._channels, math.lcm(*known) if known else 1)


def _overlap(reach: Reach, size: Size) -> tuple[int, int]:
    """The overlap of tiles, and how many pixels are blended where they meet."""
    grid = reach.grid
    odd = grid if any(side % grid for side in size) else 0  # padded at the far side
    if reach.pixels is not None and reach.pixels <= FARTHEST:
        return math.ceil(reach.pixels / grid) * grid + odd, 0
    overlap = math.ceil(FARTHEST / grid) * grid + odd
    return overlap, overlap // 2 * 2


def plan_tiles(size: Size, most: int, reach: Reach, reason: str) -> TilePlan | None:
    """Tiles of at most so many pixels; None if there are none that small."""
    overlap, blend = _overlap(reach, size)
    places = place_tiles(size, most, reach.grid, overlap, blend)
    if places is None:
        return None
    patches, smaller = _plan_statistics(size, most, reach)
    return TilePlan(size, places, reach, patches, smaller, reason)


def _plan_statistics(size: Size, most: int, reach: Reach) -> tuple[int, int]:
    """How many patches are taken, and how small the small image is; both fit into a tile's room."""
    if not reach.norms:
        return 0, 0
    smaller = SMALLER
    while math.prod(size) / smaller**2 > most:
        smaller *= 2
    margin = margin_of(reach)
    area = (CELL + 2 * margin) ** 2
    return max(1, int(min(SAMPLED * math.prod(size), most) / area)), smaller


def margin_of(reach: Reach) -> int:
    """What is read around a cell of a patch: a multiple of the grid."""
    return math.ceil(MARGIN / reach.grid) * reach.grid
