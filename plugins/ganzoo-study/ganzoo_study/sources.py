"""Where a study's images come from: a folder, a trained model's outputs, its test data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.trained import open_model
from ganzoo.components.data.headers import HeaderSummary
from ganzoo.components.data.image_files import list_images, read_header, read_image, shown
from ganzoo.components.readers.installed_readers import read_suffixes
from ganzoo.engine.device import find_device
from ganzoo.errors import DataError, ModelError
from ganzoo.evaluation.data_split import find_item
from ganzoo.evaluation.observed import count_distinct
from ganzoo.evaluation.splits import deal
from ganzoo.inference.chosen_output import check_output
from ganzoo.inference.drawing import TOGETHER, is_drawable
from ganzoo.inference.image_writing import check_image
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data
from ganzoo.interfaces.levels import to_levels
from ganzoo.runs.layout import RunPaths
from torch import Tensor


class TakenImage(NamedTuple):
    """An image, or why it cannot be read.

    origin: a path in its folder, or the number of a test sample or of a draw.
    pixels: (3, H, W) as uint8; empty if it cannot be read.
    look: what the header of its file says.
    """

    origin: str
    pixels: Tensor
    fault: str = ""
    look: HeaderSummary | None = None


def is_model(path: Path) -> bool:
    """Whether that is a model's file or a run's folder, rather than a folder of images."""
    if path.is_dir():
        return RunPaths(path).is_run() or RunPaths(path).model.is_file()
    return path.suffix == ".safetensors"


def take_fakes(path: Path, output: str, limit: int, seed: int) -> Iterator[TakenImage]:
    """Images of a folder, or those that a model makes of its test data or of latents.

    limit: at most so many, chosen by `seed`; a model of latents draws exactly so many.

    Raises:
        DataError: there are none.
        ModelError: the model cannot be used, or has no such output.
    """
    if not is_model(path):
        return _read_folder(path, limit, seed)
    blueprint, model = _open(path, output)
    name = output or next(iter(model.outputs))
    if is_drawable(model, name):
        return _sample_latents(model, name, limit, seed)
    return _translate(model, name, _load_data(blueprint, path), limit, seed)


def take_reals(path: Path, output: str, limit: int, seed: int) -> Iterator[TakenImage]:
    """Images of a folder, or the test images that a model's output should look like, each once.

    Raises:
        DataError: there are none.
        ModelError: the model cannot be used, has no such output, or the output reads all images.
    """
    if not is_model(path):
        return _read_folder(path, limit, seed)
    blueprint, model = _open(path, output)
    data = _load_data(blueprint, path)
    read = model.output(output).names
    wanted = [n for n, variable in data.variables.items() if variable.size and n not in read]
    if not wanted:
        wire = model.output(output).wire
        raise ModelError(f"{path}: '{wire}' reads all images of the data; give --real a folder")
    return _read_held_out(data, wanted[-1], limit, seed)


def _read_folder(folder: Path, limit: int, seed: int) -> Iterator[TakenImage]:
    files = list_images(folder)
    if not files:
        raise DataError(
            f"{shown(folder)}: no images in this folder; read are {', '.join(read_suffixes())}"
        )
    chosen = _choose(len(files), limit, seed)
    return (_read(folder, files[index]) for index in chosen)


def _read(folder: Path, file: Path) -> TakenImage:
    origin = shown(file.relative_to(folder))
    try:
        return TakenImage(origin, read_image(file).round().to(torch.uint8), look=read_header(file))
    except DataError as error:
        return TakenImage(origin, torch.empty(0), str(error))


def _open(path: Path, output: str) -> tuple[Blueprint, Model]:
    blueprint, model = open_model(path)
    if not model.outputs:
        raise ModelError(f"{path}: its recipe names no outputs")
    check_output(model, output)
    return blueprint, model.to(find_device())


def _load_data(blueprint: Blueprint, path: Path) -> Data:
    data = blueprint.dataset
    assert data is not None
    data.prepare()
    if not data.test_count():
        raise DataError(f"{path}: its data have no samples to test on; give a folder of images")
    return deal(data, blueprint.recipe.checkpoints.validation).test  # others chose the best model


def _sample_latents(model: Model, output: str, count: int, seed: int) -> Iterator[TakenImage]:
    for start in range(0, count, TOGETHER):
        some = min(TOGETHER, count - start)
        for place, image in enumerate(model.sample(some, output, seed=seed, start=start)):
            yield TakenImage(
                f"drawn {start + place}", _levels(image, str(model.output(output).wire))
            )


def _translate(
    model: Model, output: str, data: Data, limit: int, seed: int
) -> Iterator[TakenImage]:
    chosen = model.output(output)
    counts = {**dict.fromkeys(data.variables, data.test_count()), **data.test_counts()}
    kind = _kind(data, chosen.names)
    for index in _choose(count_distinct(chosen.names, counts, data.test_count()), limit, seed):
        sample = {name: value[None] for name, value in data.test_sample(index).items()}
        (value,) = model.evaluate([chosen], sample, seed=index)
        image = (value[-1] if isinstance(value, list) else value)[0]
        item = find_item(data, min(chosen.names & {*data.variables}), index)
        yield TakenImage(f"{kind} {item}", _levels(image, str(chosen.wire)))


def _read_held_out(data: Data, name: str, limit: int, seed: int) -> Iterator[TakenImage]:
    kind = _kind(data, [name])
    for index in _choose(data.test_counts().get(name, data.test_count()), limit, seed):
        item = find_item(data, name, index)
        yield TakenImage(f"{kind} {item}", _levels(data.test_sample(index)[name], name))


def _kind(data: Data, names: Collection[str]) -> str:
    """What samples of these variables are called; real and fake images of a sample agree in it."""
    return "training" if data.trained_on() & {*names} else "held out"


def _levels(image: Tensor, wire: str) -> Tensor:
    """(C, H, W) in [-1, 1] as RGB of 8 bits, rounded as a PNG of it would be."""
    check_image(image, wire)
    return to_levels(image).cpu().expand(3, -1, -1)


def _choose(count: int, limit: int, seed: int) -> list[int]:
    """At most `limit` of `count` indices, in order."""
    if count <= limit:
        return list(range(count))
    return sorted(np.random.default_rng(seed).choice(count, limit, replace=False).tolist())
