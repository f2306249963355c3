"""An image file that is computed in tiles, and written from bands that wait on the disk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary
from ganzoo.components.data.image_files import MAX_PIXELS, open_regions, read_image, shown
from ganzoo.components.data.image_source import ImageSource
from ganzoo.components.data.transforms import Size, crop
from ganzoo.components.writers.installed_writers import make_writer
from ganzoo.engine.allocator import release_freed_memory
from ganzoo.errors import DataError, GanzooError, ModelError
from ganzoo.files.writing import write_with
from ganzoo.inference.image_writing import PlannedImage, cut_strips, find_misfit, to_values
from ganzoo.inference.tiling.band_file import BandFile
from ganzoo.inference.tiling.fingerprint import digest_result
from ganzoo.inference.tiling.tile_plan import TilePlan
from ganzoo.inference.tiling.tiled_output import (
    Source,
    compute_bands,
    from_regions,
    gather_statistics,
)
from ganzoo.inference.tiling.tiling import Tiling

# What stands in memory beside the tiles, in bytes: blocks of a file that is read by regions; for
# each value of an image that is read whole, if it is of 8 bits or not; and of one that is resized.
BLOCKS, READ, RESIZED = 2**26, {True: 4, False: 11}, 20


class TileProgress(Protocol):
    """Follows one image that is computed in tiles."""

    def start(self, name: str, sentence: str, total: float, done: float) -> None:
        """An image begins, of which so many pixels of `total` are done already."""

    def advance(self, pixels: float) -> None:
        """So many more pixels of it are done."""

    def finish(self) -> None:
        """It is done, or given up."""


class NoProgress:
    """Follows nothing."""

    def start(self, name: str, sentence: str, total: float, done: float) -> None:
        """Nothing."""

    def advance(self, pixels: float) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class BigImage:
    """An image file that is computed in tiles, at its own size.

    plan: how. planned: what is to be written. levels: the image, if its format is read whole.
    """

    source: Path
    target: Path
    plan: TilePlan
    planned: PlannedImage
    header: HeaderSummary
    levels: Tensor | None

    @contextmanager
    def open(self, tiling: Tiling) -> Iterator[Source]:
        """The image, to read regions of it.

        Raises:
            DataError: it cannot be read.
        """
        if self.levels is not None:
            yield from_regions(self.plan.size, partial(crop, self.levels))
            return
        with open_regions(self.source, tiling.read_as) as regions:
            assert regions is not None
            yield from_regions(regions.size, regions.read)

    def compute(self, tiling: Tiling, progress: TileProgress) -> BigResult:
        """Compute its bands, from where an earlier run came to; they wait on the disk.

        Raises:
            DataError: the image cannot be read.
            GanzooError: the disk is full, or cannot be written.
            ModelError: the result cannot be written in the format.
        """
        size, dtype = self.plan.size, self.planned.values.dtype
        settings = (tiling.variable, tiling.read_as, self.planned.values, size)
        fingerprint = digest_result(tiling.model, tiling.output, self.source, settings)
        bands = BandFile(self.target, fingerprint, size, dtype)
        try:
            bands.open()
            with self.open(tiling) as source:
                self._compute_rest(bands, source, tiling, progress)
        except OSError as error:
            bands.close()
            raise _explain(self.target, error) from error
        except BaseException:
            bands.close()
            raise
        finally:
            progress.finish()
        release_freed_memory()  # for the writer
        return BigResult(self, bands)

    def _compute_rest(
        self, bands: BandFile, source: Source, tiling: Tiling, progress: TileProgress
    ) -> None:
        plan = bands.plan or self.plan
        bands.check_room(plan.reach.channels)
        height, width = plan.size
        total = height * width + plan.gathered
        rows = plan.places.rows
        reached = rows[bands.bands].first if bands.bands < len(rows) else height
        done = reached * width + plan.gathered if bands.plan else 0.0
        progress.start(self.source.name, plan.sentence, total, done)
        if bands.plan is None:
            bands.note_plan(plan, gather_statistics(tiling.run, source, plan, progress.advance))
        todo = compute_bands(
            tiling.run_tile, source, plan, bands.statistics or [], progress.advance, bands.bands
        )
        for band in todo:
            self._check(band.values, tiling)
            strips = cut_strips(band.values)
            bands.add(band.top, (to_values(strip, self.planned.values) for strip in strips))

    def _check(self, band: Tensor, tiling: Tiling) -> None:
        wire = str(tiling.output.wire)
        if misfit := find_misfit(wire, self.shaped(len(band))):
            raise ModelError(misfit)

    def shaped(self, channels: int) -> PlannedImage:
        """What is to be written, with the channels of the result."""
        return self.planned.shaped_as(torch.empty(channels, *self.plan.size, device="meta"), 1)


@dataclass(frozen=True)
class BigResult:
    """A result whose bands are all on the disk."""

    image: BigImage
    bands: BandFile

    def write(self) -> None:
        """Write the target, whole or not at all, and remove the bands.

        Raises:
            GanzooError: the target cannot be written; the bands stay.
        """
        planned = self.image.shaped(self.bands.channels)
        writer = make_writer(planned.format)
        try:
            write_with(
                self.image.target,
                lambda file: writer.write(file, planned.form, self.bands.strips()),
            )
        except OSError as error:
            raise _explain(self.image.target, error) from error
        finally:
            self.bands.close()
        self.bands.discard()


def plan_file(
    tiling: Tiling, source: ImageSource, header: HeaderSummary, worked: Size
) -> TilePlan | None:
    """How an image file is tiled; None if it is computed whole.

    worked: the size to which it is resized for the networks.

    Raises:
        DataError: it is too large to be read whole, and has to be resized.
        GanzooError: see `Tiling.plan`.
    """
    size = header.size
    is_whole = math.prod(size) <= MAX_PIXELS
    if not is_whole and worked != size:
        raise DataError(
            f"{shown(source)} has {math.prod(size):,} pixels: so many are read region by region, "
            "which are not resized; use --scale native, or make it smaller"
        )
    if is_whole and not tiling.is_in_question(worked):
        return None
    with open_regions(source, tiling.read_as) as regions:
        by_regions = regions is not None and worked == size
    per_value = RESIZED if worked != size else READ[header.dtype == "uint8"]
    values = tiling.read_as.channels * max(math.prod(size), math.prod(worked))
    try:
        reading = BLOCKS if by_regions else per_value * values
        return tiling.plan(worked, reading, whole=is_whole)
    except GanzooError as error:
        raise GanzooError(f"{shown(source)}: {error}") from None


def read_big(
    source: Path,
    target: Path,
    plan: TilePlan,
    planned: PlannedImage,
    header: HeaderSummary,
    tiling: Tiling,
) -> BigImage:
    """An image for tiles: only opened, if regions of it can be read, else read whole.

    Raises:
        DataError: it cannot be read.
    """
    with open_regions(source, tiling.read_as) as regions:
        by_regions = regions is not None
    levels = None if by_regions else read_image(source, tiling.read_as)
    return BigImage(source, target, plan, planned, header, levels)


def _explain(target: Path, error: OSError) -> GanzooError:
    return GanzooError(
        f"{target}: cannot be written ({error.strerror or error}); the tiles that are done stay "
        "beside it, and the same command goes on from them"
    )
