"""Draws images from a trained model's latents and class labels, into files or into one grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.readers.installed_readers import read_suffixes
from ganzoo.components.writers.png_writer import save_png
from ganzoo.errors import GanzooError, ModelError, did_you_mean
from ganzoo.files.existing import refuse_existing
from ganzoo.inference.chosen_output import check_output
from ganzoo.inference.drawing import TOGETHER, class_label, drawable
from ganzoo.inference.grid import grid
from ganzoo.inference.image_writing import check_image, encode_image, write_content
from ganzoo.inference.model import Model
from ganzoo.inference.overlap import write_behind
from ganzoo.interfaces import Variable

# With at most so many classes, a grid has one column for each class.
COLUMNS = 20
LARGEST_GRID = 1000


def sample(
    model: Model, target: Path, count: int, output: str = "", label: str = "", seed: int = 0
) -> Iterator[Path]:
    """Draw images into a folder, or into one grid if the target ends in .png.

    label: a class, by number or name; left out, the classes take turns.
    Yields each file that was written.

    Raises:
        GanzooError: an output file exists already or cannot be written, or the target is no PNG.
        ModelError: the model has no such output, it needs an image, or there is no such class.
    """
    if count < 1:
        raise GanzooError(f"--n {count}: at least 1 image can be drawn")
    name = _find_drawable(model, output)
    variable = class_label(model, model.output(name))
    number = _find_class(label, variable, str(model.output(name).wire)) if label else None
    is_grid = target.suffix.lower() == ".png" and not target.is_dir()
    if is_grid and count > LARGEST_GRID:
        raise GanzooError(f"--n {count}: a grid holds {LARGEST_GRID}; name a folder instead")
    _refuse_other_files(target, is_grid)
    images = _draw_images(model, count, name, number, seed)
    if is_grid:
        refuse_existing([target])
        return _write_grid(list(images), target, variable if number is None else None)
    files = [target / _name_file(i, number, variable) for i in range(count)]
    refuse_existing(files)
    return _write_all(images, files, str(model.output(name).wire))


def _find_drawable(model: Model, output: str) -> str:
    check_output(model, output)
    try:
        return drawable(model, output)
    except ValueError as error:
        hint = "; use ganzoo translate" if model.outputs else ""
        raise ModelError(f"{error}{hint}") from None


def _find_class(label: str, variable: Variable | None, wire: str) -> int:
    """The number of a class that is given by number or name."""
    if variable is None or not variable.classes:
        raise ModelError(f"--class {label}: '{wire}' has no classes to choose from")
    if label in variable.labels:
        return variable.labels.index(label)
    if label.isdecimal() and int(label) < variable.classes:
        return int(label)
    named = f" ({', '.join(variable.labels)})" if variable.labels else ""
    raise ModelError(
        f"--class {label}: there is no such class; they are 0 ... {variable.classes - 1}{named}."
        f"{did_you_mean(label, variable.labels)}"
    )


def _refuse_other_files(target: Path, is_grid: bool) -> None:
    if is_grid:
        return
    if target.suffix.lower() in read_suffixes() and not target.is_dir():
        png = target.with_suffix(".png")
        raise GanzooError(f"{target}: images are written as PNG; name it {png}, or a folder")
    if target.is_file():
        raise GanzooError(f"{target} is a file; name a folder, or a grid that ends in .png")


def _draw_images(
    model: Model, count: int, output: str, label: int | None, seed: int
) -> Iterator[Tensor]:
    """Yield images (C, H, W) one by one, with only one batch in memory at a time."""
    for start in range(0, count, TOGETHER):
        some = min(TOGETHER, count - start)
        images = model.sample(some, output, label=label, seed=seed, start=start)
        check_image(images[0], str(model.output(output).wire))
        yield from images


def _name_file(index: int, label: int | None, variable: Variable | None) -> str:
    """The name of an image's file: `00003.png`, or with a class `00003-7.png`, `00003-cat.png`."""
    if variable is None or not variable.classes:
        return f"{index:05d}.png"
    number = index % variable.classes if label is None else label
    return f"{index:05d}-{variable.labels[number] if variable.labels else number}.png"


def _write_all(images: Iterator[Tensor], files: list[Path], wire: str) -> Iterator[Path]:
    def encode(_: Path, image: Tensor) -> bytes:
        return encode_image(image, wire)

    results = zip(files, images, strict=True)
    with closing(write_behind(results, encode, write_content)) as written:
        for file, _ in written:
            yield file


def _write_grid(images: list[Tensor], target: Path, turns: Variable | None) -> Iterator[Path]:
    try:
        save_png(draw_grid(images, turns), target)
    except OSError as error:
        raise GanzooError(f"{target}: cannot be written ({error.strerror or error})") from error
    yield target


def draw_grid(images: list[Tensor], turns: Variable | None) -> Image.Image:
    """All images as one grid.

    turns: the variable of classes that take turns, each of which has a column of its own.
    """
    classes = turns.classes if turns else None
    columns = math.ceil(math.sqrt(len(images)))
    headings = [""] * columns
    if turns and classes and classes <= COLUMNS:
        columns = min(classes, len(images))
        headings = [*(turns.labels or map(str, range(classes)))][:columns]
    empty = [torch.ones_like(images[0])] * (-len(images) % columns)
    cells = [*images, *empty]
    rows = [cells[i : i + columns] for i in range(0, len(cells), columns)]
    return grid(rows, headings)
