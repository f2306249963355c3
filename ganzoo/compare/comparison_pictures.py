"""The comparison as pictures: a row for each input, a column for each system, the truth last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.trained import open_model
from ganzoo.components.writers.png_writer import save_png
from ganzoo.evaluation.measuring import Tell
from ganzoo.inference.grid import grid
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, Sample, Variable, last_tensor

ROWS = 6
# Settings that say how images are read, not which images there are.
READING = {"size", "resize", "flip", "channels", "aspect", "range", "colour", "interpolation"}
READING |= {"pages", "depth"}


@dataclass(frozen=True)
class PicturedSystem:
    """A system's recipe and model, from which pictures are made."""

    name: str
    blueprint: Blueprint
    model: Model


def open_systems(folders: Mapping[str, Path], device: torch.device) -> list[PicturedSystem]:
    """The models of these run folders, by the systems' names."""
    opened = {name: open_model(folder) for name, folder in folders.items()}
    return [PicturedSystem(name, plan, model.to(device)) for name, (plan, model) in opened.items()]


def draw(systems: Sequence[PicturedSystem], out: Path, say: Tell) -> list[Path]:
    """Draw one picture for each output of any system, `OUT/x2y.png`; returns the files written."""
    outputs = dict.fromkeys(name for system in systems for name in system.model.outputs)
    return [draw_output(output, systems, out / f"{output}.png", say) for output in outputs]


def draw_output(
    output: str, systems: Sequence[PicturedSystem], path: Path, say: Tell, rows: int = ROWS
) -> Path:
    """Draw the picture of one output; the first system that has it provides inputs and truth."""
    makers = [system for system in systems if output in system.model.outputs]
    data = _prepared(makers[0])
    inputs, truth = _sides(makers[0], output, data)
    data_of = {system.name: _data_for(system, makers[0], inputs) for system in makers}
    able = [system for system in makers if data_of[system.name]]
    for system in makers:
        if system not in able:
            say(
                f"note: {system.name} is left out of {path}: its images have other channels than "
                f"those of {makers[0].name}"
            )
    headings = [*inputs, *(system.name for system in able), *truth]
    lines, counts = [], data.test_counts()
    distinct = [counts[name] for name in inputs if name in counts]
    for index in range(min(rows, data.test_count(), *distinct)):
        sample = data.test_sample(index)
        given = [
            (system, own.test_sample(index)) for system in able if (own := data_of[system.name])
        ]
        pictures = [_compute(system.model, output, images, index) for system, images in given]
        lines.append([*(sample[n] for n in inputs), *pictures, *(sample[n] for n in truth)])
    save_png(grid(lines, headings), path)
    return path


def _prepared(system: PicturedSystem) -> Data:
    data = system.blueprint.dataset
    assert data is not None
    data.prepare()
    return data


def _data_for(system: PicturedSystem, first: PicturedSystem, inputs: Sequence[str]) -> Data | None:
    """The data that a system is shown; None if their images have other channels than its own data.

    If both systems have the same images, the system reads them as in its training. Otherwise it is
    shown the first system's images, read as the first system reads them.
    """
    own, data = _prepared(system), _prepared(first)
    one, other = (
        {"type": each.blueprint.recipe.data.type} | _which(each) for each in (system, first)
    )
    same = one == other and own.fingerprint() == data.fingerprint() != {}
    if same and own.test_counts() == data.test_counts():
        return own
    fits = [_kind(own.variables[name]) == _kind(data.variables[name]) for name in inputs]
    return data if all(fits) else None


def _kind(variable: Variable) -> tuple[int, bool]:
    """How many channels it has, and whether it is a volume."""
    return variable.channels, variable.depth is not None


def _which(system: PicturedSystem) -> dict[str, Any]:
    """The settings that say which images the data hold, without the places where they lie."""
    data = system.blueprint.dataset
    assert data is not None
    settings = system.blueprint.recipe.data.settings
    return {k: v for k, v in settings.items() if k not in READING and k not in data.places}


def _sides(system: PicturedSystem, output: str, data: Data) -> tuple[list[str], list[str]]:
    """The images that an output reads, and, if the data are paired, those that it should make."""
    images = [name for name, variable in data.variables.items() if variable.size]
    read = [name for name in images if name in system.model.output(output).names]
    return read, [n for n in images if n not in read] if data.paired and read else []


def _compute(model: Model, output: str, sample: Sample, index: int) -> Tensor:
    known = {name: value[None] for name, value in sample.items()}
    (value,) = model.evaluate([model.output(output)], known, seed=index)
    picture = last_tensor(value)
    return picture[0].float().cpu()
