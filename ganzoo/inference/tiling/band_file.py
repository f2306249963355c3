"""Finished bands of a large result wait on the disk, so that a run that was killed goes on.

Beside the target stand two files: the result's rows as they will be written, and a JSON file with
how far they reach, how the image is tiled, and the statistics of its norms. A fingerprint of the
input, the model and the settings in their names tells whether they belong to this run.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from ganzoo.components.data.transforms import Size
from ganzoo.files.untrusted import open_plain, read_object
from ganzoo.files.writing import open_shared as open_to_rewrite
from ganzoo.files.writing import remove, write_json
from ganzoo.inference.tiling.norm_calls import Moments
from ganzoo.inference.tiling.reach import Reach
from ganzoo.inference.tiling.tile_places import Extent, TilePlaces
from ganzoo.inference.tiling.tile_plan import TilePlan
from ganzoo.interfaces.reader import Values
from ganzoo.printing.memory_text import format_memory

PREFIX, SUFFIXES = ".ganzoo-bands-", (".rows", ".json")
LONGEST = 180  # bytes of a target's name that names of bands repeat
STRIP = 2**24  # bytes that are read at a time


@dataclass
class BandFile:
    """The finished bands of one result.

    target: the file that the result becomes. fingerprint: of all that it depends on.
    bands: how many rows of tiles are finished. channels: of the result; 0 before the first band.
    """

    target: Path
    fingerprint: str
    size: Size
    dtype: str
    plan: TilePlan | None = None
    statistics: list[Moments] | None = None
    bands: int = 0
    channels: int = 0
    _rows: BinaryIO | None = field(default=None, repr=False)

    def open(self) -> None:
        """Read how far an earlier run came; remove what other runs left of the same target.

        Raises:
            OSError: the folder cannot be written.
        """
        self.target.parent.mkdir(parents=True, exist_ok=True)
        for path in self._leftovers():
            if path not in self._paths:
                remove(path)
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            self._restore(read_object(self._paths[1]))
        self._rows = os.fdopen(open_to_rewrite(self._paths[0]), "r+b")

    def check_room(self, channels: int) -> None:
        """Look whether the disk holds all bands, before hours are spent on the first of them.

        channels: of the result.

        Raises:
            OSError: it does not.
        """
        assert self._rows is not None
        whole = math.prod(self.size) * channels * np.dtype(self.dtype).itemsize
        needed = whole - os.fstat(self._rows.fileno()).st_size
        free = shutil.disk_usage(self.target.parent).free
        if needed > free:
            sizes = f"{format_memory(needed)} beside the result, and has {format_memory(free)}"
            raise OSError(errno.ENOSPC, f"the disk needs {sizes}")

    def note_plan(self, plan: TilePlan, statistics: list[Moments]) -> None:
        """Keep how the image is tiled, before the first band."""
        self.plan, self.statistics = plan, statistics
        self._save()

    def add(self, top: int, strips: Iterable[Values]) -> None:
        """Keep a band, strips (h, W, C), of rows from `top` on; it is on the disk at the end.

        Raises:
            OSError: the disk is full, or cannot be written.
        """
        assert self._rows is not None
        for strip in strips:
            self.channels = strip.shape[-1]
            self._rows.seek(top * self._row_bytes)
            self._rows.write(np.ascontiguousarray(strip, np.dtype(self.dtype)).data)
            top += len(strip)
        self._rows.flush()
        os.fsync(self._rows.fileno())
        self.bands += 1
        self._save()

    def strips(self) -> Iterator[Values]:
        """All rows (h, W, C), from top to bottom."""
        assert self._rows is not None
        height, width = self.size
        step = max(1, STRIP // self._row_bytes)
        for top in range(0, height, step):
            rows = min(step, height - top)
            self._rows.seek(top * self._row_bytes)
            content = self._rows.read(rows * self._row_bytes)
            yield np.frombuffer(content, self.dtype).reshape(rows, width, self.channels)

    def close(self) -> None:
        """Close the files, and leave them for the next run."""
        if self._rows is not None:
            self._rows.close()

    def discard(self) -> None:
        """Close and remove the files."""
        self.close()
        for path in self._paths:
            remove(path)

    @property
    def _paths(self) -> tuple[Path, Path]:
        start = f"{PREFIX}{self.fingerprint}-{self._label}"
        rows, state = (self.target.with_name(start + suffix) for suffix in SUFFIXES)
        return rows, state

    def _leftovers(self) -> list[Path]:
        ends = [self._label + suffix for suffix in SUFFIXES]
        names = [path for path in self.target.parent.iterdir() if path.name.startswith(PREFIX)]
        return [path for path in names if path.name[len(PREFIX) :].partition("-")[2] in ends]

    @property
    def _label(self) -> str:
        """The target in the names of its bands: a digest of a name that is too long for them."""
        name = os.fsencode(self.target.name)
        is_short = len(name) <= LONGEST
        return self.target.name if is_short else hashlib.blake2b(name, digest_size=16).hexdigest()

    @property
    def _row_bytes(self) -> int:
        return self.size[1] * self.channels * np.dtype(self.dtype).itemsize

    def _save(self) -> None:
        assert self.plan is not None
        assert self.statistics is not None
        state = {
            "bands": self.bands,
            "channels": self.channels,
            "plan": asdict(self.plan),
            "statistics": [[each.tolist() for each in moments] for moments in self.statistics],
        }
        write_json(self._paths[1], state)

    def _restore(self, state: dict[str, Any]) -> None:
        plan = _read_plan(state["plan"])
        statistics = [_read_moments(*moments) for moments in state["statistics"]]
        bands, channels = int(state["bands"]), int(state["channels"])
        with open_plain(self._paths[0]) as rows:
            length = rows.seek(0, os.SEEK_END)
        finished = plan.places.rows[bands].first if bands < len(plan.places.rows) else self.size[0]
        needed = finished * self.size[1] * channels * np.dtype(self.dtype).itemsize
        if plan.size == self.size and bands >= 0 and length >= needed:
            self.plan, self.statistics = plan, statistics
            self.bands, self.channels = bands, channels


def _read_plan(table: dict[str, Any]) -> TilePlan:
    places = table["places"]
    rows, columns = ([Extent(**each) for each in places[name]] for name in ("rows", "columns"))
    tiles = TilePlaces(rows, columns, places["overlap"], places["blend"])
    height, width = table["size"]
    rest = {name: table[name] for name in ("patches", "smaller", "reason")}
    return TilePlan((height, width), tiles, Reach(**table["reach"]), **rest)


def _read_moments(mean: list[float], variance: list[float]) -> Moments:
    return Moments(*(torch.tensor(each, dtype=torch.float64) for each in (mean, variance)))
