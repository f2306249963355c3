"""What a demo computes: a picture through an output, or draws from latents; all in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary, summarise
from ganzoo.components.data.image_files import read_full_header, read_image
from ganzoo.components.data.image_source import ImageContent
from ganzoo.components.writers.png_writer import encode_png
from ganzoo.demo.demo_models import DemoOutput
from ganzoo.demo.limits import MOST_PIXELS
from ganzoo.errors import DataError
from ganzoo.inference.image_writing import PlannedImage, check_image, encode_image, encode_planned
from ganzoo.inference.model_faults import explain_model
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.read_image import plan_tiles
from ganzoo.inference.sampling import draw_grid
from ganzoo.inference.scale import Prepared, compute, prepare, undo_resizing
from ganzoo.inference.tiling.tile_plan import TilePlan
from ganzoo.inference.tiling.tiled_output import compute_tiled
from ganzoo.inference.value_type import BYTES
from ganzoo.interfaces.levels import from_levels, to_shown
from ganzoo.interfaces.reader import Header

Report = Callable[[float], None]
"""Is told how much is done, 0 ... 1."""
PNG = Path("result.png")


class PictureTooLarge(DataError):
    """A picture of more pixels than a demo takes."""


@dataclass(frozen=True)
class Wish:
    """What a visitor asks an output for.

    labels: a class by variable; without one, classes take turns in draws. seed: of what is drawn.
    """

    labels: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0


def check_picture(output: DemoOutput, picture: ImageContent) -> Header:
    """The header of a picture that an output can take; its pixels are not decoded.

    Raises:
        PictureTooLarge: it has too many pixels.
        DataError: it is no image that can be read.
    """
    try:
        header = read_full_header(picture, output.read_as)
    except DataError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError):
            raise _too_large(picture) from error
        raise
    if math.prod(header.size) > MOST_PIXELS:
        raise _too_large(picture)
    return header


def translate_picture(
    output: DemoOutput, picture: ImageContent, wish: Wish, report: Report
) -> bytes:
    """The result for a picture as PNG, of the picture's own size, as `ganzoo translate` writes it.

    A result of floats, which a PNG cannot hold, is written in 8 bits.

    Raises:
        DataError: the picture cannot be read, or the model cannot take it.
        GanzooError: memory is too short.
        ModelError: the result is no image of one or three channels.
    """
    assert output.tiling is not None
    header = check_picture(output, picture)
    summary = summarise(header, output.read_as)
    planned = _plan_png(output, header)
    with explain_model(picture, summary.size, output.tiling, output.scale):
        tiles = _plan_tiles(output, picture, summary)
        image = read_image(picture, output.read_as)
        beside = {name: torch.tensor([number]) for name, number in wish.labels.items()}
        prepared = prepare(output.model, {output.image: image}, output.scale, wish.seed, beside)
        result = undo_resizing(_compute(output, prepared, tiles, report), prepared)
    return encode_planned(result, str(output.wire.wire), planned)


def show_original(output: DemoOutput, picture: ImageContent) -> bytes:
    """A picture as it is read for an output, as PNG of 8 bits, for browsers that cannot show it.

    Raises:
        DataError: it cannot be read.
    """
    check_picture(output, picture)
    levels = read_image(picture, output.read_as)
    return encode_png(Image.fromarray(to_shown(from_levels(levels))))


def draw_samples(output: DemoOutput, count: int, wish: Wish) -> bytes:
    """Draws as PNG: one image at its own size, or a sheet of several.

    Raises:
        ModelError: they are no images.
    """
    wire, label = str(output.wire.wire), next(iter(wish.labels.values()), None)
    images = output.model.sample(count, output.name, label=label, seed=wish.seed)
    check_image(images[0], wire)
    if count == 1:
        return encode_image(images[0], wire)
    turns = output.model.variables[output.labels[0]] if output.labels and label is None else None
    return encode_png(draw_grid([*images], turns))


def _compute(
    output: DemoOutput, prepared: Prepared, tiles: TilePlan | None, report: Report
) -> Tensor:
    if tiles is None:
        return compute(output.model, output.wire, [prepared])[0]
    assert output.tiling is not None
    total, done = math.prod(tiles.size) + tiles.gathered, 0.0

    def count(pixels: float) -> None:
        nonlocal done
        done += pixels
        report(done / total)

    image = prepared.inputs[output.image][0]
    return compute_tiled(output.tiling.run, image, tiles, count)


def _plan_tiles(
    output: DemoOutput, picture: ImageContent, summary: HeaderSummary
) -> TilePlan | None:
    """How a picture is tiled; with classes beside it, it is computed whole."""
    assert output.tiling is not None
    if output.labels:
        return None
    return plan_tiles(output.tiling, picture, summary, output.scale)


def _plan_png(output: DemoOutput, header: Header) -> PlannedImage:
    written = OutputFormat("png", None, output.read_as, output.domain)
    planned = written.plan(header, PNG)
    if planned.values.dtype in ("uint8", "uint16"):
        return planned
    return replace(planned, values=BYTES, form=replace(planned.form, dtype="uint8"))


def _too_large(picture: ImageContent) -> PictureTooLarge:
    return PictureTooLarge(
        f"{picture.name} has more than {MOST_PIXELS // 10**6} million pixels, which is the most "
        "that is taken here; make it smaller, or use ganzoo translate"
    )
