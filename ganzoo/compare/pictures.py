"""The comparison as pictures: the same inputs down, systems across, the truth last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.build.plans import Blueprint
from ganzoo.build.trained import open_model
from ganzoo.interfaces import Data, Sample
from ganzoo.play.model import Model
from ganzoo.run.pictures import grid
from ganzoo.run.recorder import save_picture

ROWS = 6


@dataclass(frozen=True)
class Shown:
    """A system as the pictures need it."""

    name: str
    blueprint: Blueprint
    model: Model


def open_systems(folders: Mapping[str, Path], device: torch.device) -> list[Shown]:
    """The models of these run folders, by the systems' names."""
    opened = {name: open_model(folder) for name, folder in folders.items()}
    return [Shown(name, plan, model.to(device)) for name, (plan, model) in opened.items()]


def draw(systems: Sequence[Shown], out: Path) -> list[Path]:
    """One picture for each output that any system has: `OUT/x2y.png`; returns what was written."""
    outputs = dict.fromkeys(name for system in systems for name in system.model.outputs)
    return [_draw(output, systems, out / f"{output}.png") for output in outputs]


def _draw(output: str, systems: Sequence[Shown], path: Path) -> Path:
    """Inputs and truth are the first system's that has the output."""
    able = [system for system in systems if output in system.model.outputs]
    data = able[0].blueprint.dataset
    assert data is not None
    data.prepare()
    inputs, truth = _sides(able[0], output, data)
    headings = [*inputs, *(system.name for system in able), *truth]
    rows, counts = [], data.test_counts()
    distinct = [counts[name] for name in inputs if name in counts]
    for index in range(min(ROWS, data.test_count(), *distinct)):
        sample = data.test_sample(index)
        made = [_made(system.model, output, sample, index) for system in able]
        rows.append([*(sample[n] for n in inputs), *made, *(sample[n] for n in truth)])
    save_picture(grid(rows, headings), path)
    return path


def _sides(system: Shown, output: str, data: Data) -> tuple[list[str], list[str]]:
    """The images that an output reads, and those that it should make, where data are paired."""
    images = [name for name, variable in data.variables.items() if variable.size]
    read = [name for name in images if name in system.model.output(output).names]
    return read, [n for n in images if n not in read] if data.paired and read else []


def _made(model: Model, output: str, sample: Sample, index: int) -> Tensor:
    known = {name: value[None] for name, value in sample.items()}
    (value,) = model.evaluate([model.output(output)], known, seed=index)
    picture = value[-1] if isinstance(value, list) else value
    return picture[0].float().cpu()
