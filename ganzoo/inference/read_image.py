"""Reads an image file for an output: whole, or only opened, if it is computed in tiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary, summarise
from ganzoo.components.data.image_files import read_full_header, read_image
from ganzoo.components.data.image_source import ImageSource
from ganzoo.inference.image_writing import PlannedImage
from ganzoo.inference.model_faults import explain_model
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.scale import Prepared, Scale, compute, prepare, working_size
from ganzoo.inference.stacked_images import StackedImages
from ganzoo.inference.tiling.big_image import BigImage, plan_file, read_big
from ganzoo.inference.tiling.tile_plan import TilePlan
from ganzoo.inference.tiling.tiled_output import compute_tiled
from ganzoo.inference.tiling.tiling import Tiling


@dataclass(frozen=True)
class ReadImage:
    """An image that was read whole.

    source: its file. planned: what is to be written. tiles: how it is computed; None: whole.
    """

    source: Path
    prepared: Prepared
    header: HeaderSummary
    planned: PlannedImage
    tiles: TilePlan | None

    def compute(self, tiling: Tiling) -> Tensor:
        """The result (C, h, w) in [-1, 1], of the image at the size that the networks see."""
        if self.tiles is None:
            return compute(tiling.model, tiling.output, [self.prepared])[0]
        return compute_tiled(tiling.run, self.prepared.inputs[tiling.variable][0], self.tiles)


def read_file(
    source: Path,
    target: Path,
    written: OutputFormat,
    tiling: Tiling,
    scale: Scale,
    seed: int,
) -> ReadImage | BigImage | StackedImages:
    """Read an image and resize it for the networks.

    written: how its result is written. scale, seed: see `ganzoo.inference.scale`.

    Raises:
        DataError: it cannot be read, or the model cannot take it.
        GanzooError: the memory that was asked for is too little for it.
    """
    variable = tiling.read_as
    header = read_full_header(source, variable)
    summary, planned = summarise(header, variable), written.plan(header, target)
    if variable.pages == "each" and header.pages > 1:
        return StackedImages(source, summary, planned, scale, seed)
    with explain_model(source, summary.size, tiling, scale):
        tiles = plan_tiles(tiling, source, summary, scale)
        if tiles and tiles.size == summary.size:
            return read_big(source, target, tiles, planned, summary, tiling)
        image = read_image(source, variable)
        prepared = prepare(tiling.model, {tiling.variable: image}, scale, seed)
    return ReadImage(source, prepared, summary, planned, tiles)


def plan_tiles(
    tiling: Tiling, source: ImageSource, header: HeaderSummary, scale: Scale
) -> TilePlan | None:
    """How an image that is resized for the networks is tiled; None if it is computed whole.

    Raises:
        DataError, GanzooError: see `plan_file`.
        ValueError: see `working_size`.
    """
    if tiling.read_as.depth is not None:
        return None
    worked = working_size(header.size, tiling.read_as, scale)
    return plan_file(tiling, source, header, worked)
