"""Saving what an output of a model gave, as `ganzoo translate` would write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.components.data.image_files import read_full_header
from ganzoo.files.writing import write_with
from ganzoo.inference.image_writing import cut_strips, split_pages
from ganzoo.inference.output_format import OutputFormat
from ganzoo.interfaces import Variable
from ganzoo.interfaces.reader import Header

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire


File = str | Path


def save_image(
    model: Model, image: Tensor, path: File, output: OutputWire, like: File, quality: int
) -> None:
    """Write an image; see `Model.save_image`.

    Raises:
        ValueError: it is no image, or the file's format cannot hold it.
        GanzooError: the file's suffix is that of no format, or `like` cannot be read.
        OSError: the file cannot be written.
    """
    domain = model.variables.get(output.domain)
    variable = _find_input(model, output) or domain or Variable()
    dimensions = 4 if (domain or variable).depth else 3
    result = image[0] if image.dim() == dimensions + 1 and len(image) == 1 else image
    if result.dim() != dimensions:
        raise ValueError(f"a tensor {[*image.shape]} is not one image: save one at a time")
    target, format_ = Path(path), OutputFormat("", quality or None, variable, domain)
    format_.check_target(target)
    header = read_full_header(Path(like), variable) if like else Header((1, 1), "bands", 1)
    pages = split_pages(result)
    planned = format_.plan(header, target).shaped_as(pages[0], len(pages))
    if planned.obstacle:
        raise ValueError(f"{path}: {planned.obstacle}")
    write_with(target, lambda file: planned.write(file, cut_strips(result)))


def _find_input(model: Model, output: OutputWire) -> Variable | None:
    """What the first image that the output is made from is read as; None where it needs none."""
    names = sorted(output.names - set(model.latents))
    return next((v for v in map(model.variables.__getitem__, names) if v.size), None)
