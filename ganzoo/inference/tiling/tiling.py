"""Decides whether an image is computed whole or in tiles, by what memory allows."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.components.data.transforms import Size
from ganzoo.engine.allocator import release_freed_memory
from ganzoo.errors import GanzooError, first_line
from ganzoo.inference.inference_copy import by_torch
from ganzoo.inference.tiling.live_bytes import Law, measure_bytes
from ganzoo.inference.tiling.memory_limit import free_memory, resident
from ganzoo.inference.tiling.reach import Reach, find_reach
from ganzoo.inference.tiling.tile_plan import TilePlan, fit_tiles
from ganzoo.interfaces import Variable, last_tensor
from ganzoo.printing.memory_text import format_memory

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# What the process takes for each byte of live tensors: freed memory is kept for the next ones, and
# lies in pieces between them. Measured: 1.2 to 2.3 (docs/performance.md).
SAFETY = 2.8
# How much of the memory that was asked for is planned with.
USED = 0.75
# How much of that may be taken by freed memory that is kept.
NEAR = 0.7
# Bytes for each value of an image that is read while another one is computed, and of a result
# that is written behind it.
READING, WRITING = 9, 12
# More bytes than networks take for a pixel: if these are free, nothing has to be measured.
GREEDY = 4096


@dataclass
class Tiling:
    """An output and the memory that it may take; what it needs is measured when it is asked for.

    variable: the name of the image that the output is made from.
    memory: the bytes that the program may take in all; None: what is free.
    shares: how many processes share the memory.
    lock: held by whoever computes with the model, as a model serves one thread at a time.
    """

    model: Model
    output: OutputWire
    variable: str
    memory: int | None = None
    shares: int = 1
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def read_as(self) -> Variable:
        """The variable that images are read as."""
        return self.model.variables[self.variable]

    @cached_property
    def law(self) -> Law:
        """The bytes that the networks need at once."""
        law = measure_bytes(self.model, self.output, self.variable)
        return Law(SAFETY * law.fixed, SAFETY * law.per_pixel)

    @cached_property
    def baseline(self) -> int:
        """The bytes that the program has before the first image, of those that are counted."""
        _ = self.law, self.reach  # what they import stays
        return resident() if self.model.device.type == "cpu" else 0

    @cached_property
    def room(self) -> int:
        """The bytes that may be taken beside what the program has already."""
        if self.memory is None:
            return _rounded(free_memory(self.model.device) // self.shares)
        return _rounded(int(USED * max(0, self.memory // self.shares - self.baseline)))

    @cached_property
    def reach(self) -> Reach | str:
        """What tiles must respect, or why there can be none."""
        try:
            return self._find_reach()
        except (ValueError, RuntimeError) as error:
            return first_line(error)

    def run(self, image: Tensor) -> Tensor:
        """The output (N, C, H, W) for images (N, C, H, W), on the CPU."""
        with by_torch(self.model.networks.values()):
            value = self.model.evaluate([self.output], {self.variable: image}, 0)[0]
        return last_tensor(value).float().cpu()

    def run_tile(self, image: Tensor) -> Tensor:
        """As `run`; freed memory is given back when it comes near to all that may be taken.

        It is kept for the next tile, and over many tiles it falls into pieces that none can use.
        """
        result = self.run(image)
        on_cpu = self.model.device.type == "cpu"
        if on_cpu and resident() > self.baseline + NEAR * self.room:
            release_freed_memory()
        return result

    def plan(self, size: Size, reading: float, *, whole: bool = True) -> TilePlan | None:
        """How an image of a size is tiled; None if it is computed whole.

        reading: the bytes of the image that stand in memory beside the tiles.
        whole: whether it may be read whole.

        Raises:
            GanzooError: the memory that was asked for is too little for it, or it can be computed
                neither whole nor in tiles.
        """
        with self.lock:
            return self._plan(size, reading, whole)

    def is_in_question(self, size: Size) -> bool:
        """Whether memory might not hold an image of that size."""
        return self.memory is not None or GREEDY * math.prod(size) >= self.room

    def suggest_less(self) -> str:
        """An amount for --memory that is below what there is: half of it, as `1900M`."""
        return f"{max(1, (resident() + free_memory(self.model.device)) // 2**21)}M"

    def _plan(self, size: Size, reading: float, whole: bool) -> TilePlan | None:
        values = self.read_as.channels * math.prod(size)
        need = self.law(math.prod(size)) + (READING + WRITING) * values
        if whole and need <= self.room:
            return None
        reason = f"whole it would take {format_memory(need)}, and {self._described_room}"
        plan = self._fit(size, reading, reason)
        if isinstance(plan, TilePlan):
            return plan
        if whole and self.memory is None:
            return None  # it may still work
        raise GanzooError(f"{reason}; {plan}")

    def _fit(self, size: Size, beside: float, reason: str) -> TilePlan | str:
        """Tiles that fit, or why there are none."""
        if isinstance(self.reach, str):
            return f"it cannot be tiled: {self.reach}. Try --scale"
        plan = fit_tiles(size, self.law, self.room - beside, self.reach, reason)
        return plan or f"that is too little for a tile; {self._advice(size, beside)}"

    def _advice(self, size: Size, beside: float) -> str:
        """The memory that would do, for tiles of a few overlaps."""
        assert isinstance(self.reach, Reach)
        room = float(self.room or 2**28)
        while not fit_tiles(size, self.law, room - beside, self.reach, ""):
            room *= 1.25
        least = math.ceil((room / USED + self.baseline) / 2**20)
        return f"give --memory {least}M or more, or a smaller --scale"

    @property
    def _described_room(self) -> str:
        if self.memory is None:
            return f"{format_memory(self.room)} are free"
        if not self.room:
            return f"the program alone takes more than --memory {format_memory(self.memory)}"
        return f"{format_memory(self.room)} are left of --memory {format_memory(self.memory)}"

    def _find_reach(self) -> Reach:
        if self.output.component is not None:
            raise ValueError("a component makes this output, and may need the image whole")
        if self.read_as.depth is not None:
            raise ValueError("it is a volume")
        networks = [self.model.networks[name] for name in self.output.networks]
        known = [int(getattr(each, "multiple", 0)) for each in networks]
        return find_reach(self.run, self.read_as.channels, math.lcm(*known) if known else 1)


def _rounded(room: int) -> int:
    """A little less, so that runs with nearly the same memory plan the same tiles."""
    step = 1 << max(room.bit_length() - 4, 0)
    return room // step * step
