"""The images by which int8 chooses its scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from ganzoo.components.data.image_files import read_image, shown
from ganzoo.components.data.image_listing import list_images
from ganzoo.components.data.transforms import Framing
from ganzoo.errors import DataError
from ganzoo.inference.chosen_output import find_input
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, Variable

ENOUGH = 32  # images; scales hardly change with more


def read_folder(model: Model, output: str, folder: Path) -> list[Mapping[str, Tensor]]:
    """Images of a folder, spread over it, as an output takes them: cut as for training.

    Files that cannot be read are passed by.

    Raises:
        DataError: there is no such folder, or no image in it can be read.
        ModelError: the output is not made from one image.
    """
    name = find_input(model, output)
    if not folder.is_dir():
        raise DataError(f"{shown(folder)}: there is no such folder")
    samples: list[Mapping[str, Tensor]] = []
    refused: list[DataError] = []
    for file in _spread(list_images(folder)):
        try:
            samples.append({name: _read(file, model.variables[name])[None]})
        except DataError as error:
            refused.append(error)
    if not samples:
        why = f": {refused[0]}" if refused else ", as it holds none"
        raise DataError(f"{shown(folder)}: no image of this folder can be read{why}")
    return samples


def _spread(files: Sequence[Path]) -> list[Path]:
    """At most so many files as are enough, at equal distances."""
    count = min(ENOUGH, len(files))
    return [files[number * len(files) // count] for number in range(count)]


def _read(file: Path, variable: Variable) -> Tensor:
    """The middle of an image (C, H, W) in [-1, 1], as it is tested at the size of training."""
    assert variable.size is not None
    image = read_image(file, variable)
    framing = Framing([*variable.size], flip=False, aspect=variable.aspect).of(variable)
    slices = image.shape[1] if image.dim() == 4 else 1
    if obstacle := framing.find_obstacle((image.shape[-2], image.shape[-1]), slices):
        raise DataError(f"{shown(file)}: {obstacle}")
    return framing.centre_view(image).of(image, variable.interpolation)


def read_training(model: Model, output: str, data: Data) -> list[Mapping[str, Tensor]]:
    """Training items of a recipe's own data, prepared already, as an output takes them."""
    names = model.output(output).names & set(data.variables)
    count = min(ENOUGH, len(data))
    rng = np.random.default_rng(0)
    samples = (data.unaugmented_sample(number, rng) for number in range(count))
    return [{name: sample[name][None] for name in sorted(names)} for sample in samples]
