"""The images that models are measured with: drawn ones, or a user's own, as squares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.components.data.image_listing import list_images
from ganzoo.components.data.in_memory import read_picture
from ganzoo.components.data.transforms import resize
from ganzoo.errors import DataError
from ganzoo.inference.chosen_output import image_names
from ganzoo.inference.scale import Prepared
from ganzoo.interfaces import Variable
from ganzoo.interfaces.levels import from_levels

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

MOST = 8  # images of a folder that are measured
COARSE = 8  # px of the blocks of a drawn image, below its noise


def make_inputs(
    model: Model, output: OutputWire, side: int | None, folder: Path | None
) -> list[Prepared]:
    """Inputs of single samples, whose images are squares of that side, in pixels.

    folder: of images to use; None: one drawn image, always the same.

    Raises:
        DataError: the folder holds no image.
    """
    images = image_names(model, output)
    beside = {
        name: _make_other(model.variables[name], len(name))
        for name in sorted(output.names - set(model.latents) - set(images))
    }
    size = (side or 1, side or 1)
    drawn = [beside | each for each in _make_images(model.variables, images, size, folder)]
    return [Prepared(each, 0, size, size) for each in drawn]


def _make_images(
    variables: Mapping[str, Variable], names: list[str], size: tuple[int, int], folder: Path | None
) -> list[dict[str, Tensor]]:
    if not names:
        return [{}]
    if folder is None:
        return [{name: _draw(variables[name], size) for name in names}]
    files = list_images(folder)[:MOST]
    if not files:
        raise DataError(f"{folder}: there is no image in it")
    return [{name: _read(file, variables[name], size) for name in names} for file in files]


def _draw(variable: Variable, size: tuple[int, int]) -> Tensor:
    """Smooth colours under some noise, (1, C, H, W) or (1, C, D, H, W), in [-1, 1]."""
    rng = torch.Generator().manual_seed(0)
    depth = () if variable.depth is None else (variable.depth,)
    count = variable.channels * (variable.depth or 1)
    coarse = torch.rand(1, count, *(max(1, side // COARSE) for side in size), generator=rng)
    smooth = functional.interpolate(coarse, size, mode="bilinear", align_corners=False)
    noisy = 0.8 * smooth + 0.2 * torch.rand(smooth.shape, generator=rng)
    return noisy.view(1, variable.channels, *depth, *size) * 2 - 1


def _read(file: Path, variable: Variable, size: tuple[int, int]) -> Tensor:
    picture = read_picture(file, variable)
    return from_levels(resize(picture, size, variable.interpolation))[None]


def _make_other(variable: Variable, seed: int) -> Tensor:
    """The first class, or a normal vector."""
    if variable.classes:
        return torch.zeros(1, dtype=torch.int64)
    return torch.randn(1, *variable.shape, generator=torch.Generator().manual_seed(seed))
