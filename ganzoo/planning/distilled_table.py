"""What a student gained and lost: its size, its speed, its scores, beside those of its teacher."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from ganzoo.benchmarking.turns import Turn, take_turns, time_images
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.trained import open_weights
from ganzoo.builder.weight_source import WeightSource, find_weights
from ganzoo.errors import GanzooError
from ganzoo.evaluation.assessment import Assessment
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.evaluated_data import prepare_split
from ganzoo.evaluation.measuring import Tell, metrics_of_a_run, say_nothing
from ganzoo.evaluation.observed import TEST
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, last_tensor
from ganzoo.runs.layout import RunPaths

COMPARED = 64  # images on which teacher and student are compared, at most
SECONDS, LEAST, MOST = 2.0, 5, 50  # how long a model is timed, and how often
LARGER, LARGEST = 4, 512  # images are also timed so much larger, up to that side
Times = Mapping[tuple[int, ...], float]
"""Milliseconds for one image, by its (height, width)."""


@dataclass(frozen=True)
class Measured:
    """One of the two models.

    parameters: of the networks that the output calls. size: of the model's file, in bytes.
    others: networks that the file holds beside.
    milliseconds: as `ganzoo translate` computes images.
    scores: of its metrics on test images; None where there are none.
    """

    parameters: int
    size: int
    others: tuple[str, ...]
    milliseconds: Times
    scores: Assessment | None


@dataclass(frozen=True)
class DistilledTable:
    """Teacher and student side by side.

    threads: with how many they were timed.
    difference: the mean absolute difference of their images in [-1, 1], over `images` test images.
    """

    teacher: Measured
    student: Measured
    threads: int
    difference: float
    images: int


@dataclass(frozen=True)
class _Opened:
    """A model that is compared, and what its recipe and its file say."""

    blueprint: Blueprint
    model: Model
    source: WeightSource

    def measure(self, output: str, milliseconds: Times, scores: Assessment | None) -> Measured:
        """Its size, beside what was measured already."""
        called = self.model.output(output).networks
        modules = torch.nn.ModuleList(self.model.networks[name] for name in called)
        return Measured(
            sum(parameter.numel() for parameter in modules.parameters()),
            self.source.file.stat().st_size,
            tuple(sorted({*self.model.networks} - called)),
            milliseconds,
            scores,
        )


def measure_distilled(
    teacher: WeightSource, run: Path, output: str, tell: Tell = say_nothing
) -> DistilledTable:
    """Compare a trained student with its teacher on the student's test images.

    run: the student's folder. output: the one that was distilled.

    Raises:
        GanzooError: a model or the images cannot be read.
    """
    own = find_weights(RunPaths(run).model)
    student = _Opened(*open_weights(own), own)
    recipe = student.blueprint.recipe
    data = {"data": recipe.data.model_dump(mode="json", exclude_none=True)}
    old = _Opened(*open_weights(teacher, data), teacher)
    shown, _ = prepare_split(student.blueprint, own.file, TEST, say_nothing)
    times = _time_sizes(old.model, student.model, output, _inputs(student.model, output, shown, 0))
    scores = _score(old, student, data, tell)
    difference, images = mean_difference(old.model, student.model, output, shown)
    return DistilledTable(
        old.measure(output, times[0], scores[0]),
        student.measure(output, times[1], scores[1]),
        torch.get_num_threads(),
        difference,
        images,
    )


def _time_sizes(
    teacher: Model, student: Model, output: str, inputs: Mapping[str, Tensor]
) -> tuple[Times, Times]:
    """The milliseconds of both, for images of the data's size, and for larger ones if they may."""
    sides = next(tuple(value.shape[2:]) for value in inputs.values() if value.dim() > 2)
    taken = {sides: time_in_turn([teacher, student], output, inputs)}
    if len(sides) == 2 and LARGER * max(sides) <= LARGEST:
        larger = {name: _enlarge(value) for name, value in inputs.items()}
        with suppress(RuntimeError, ValueError):  # networks of one size
            size = tuple(LARGER * side for side in sides)
            taken[size] = time_in_turn([teacher, student], output, larger)
    return {size: ms[0] for size, ms in taken.items()}, {size: ms[1] for size, ms in taken.items()}


def _enlarge(value: Tensor) -> Tensor:
    return (
        torch.nn.functional.interpolate(value, scale_factor=LARGER) if value.dim() == 4 else value
    )


def time_in_turn(models: Sequence[Model], output: str, inputs: Mapping[str, Tensor]) -> list[float]:
    """The median milliseconds that each model takes for these inputs, measured in turn."""
    turns = {n: _turn(model.speed_up(), output, inputs) for n, model in enumerate(models)}
    warm = [turn() for turn in turns.values() for _ in range(2)]
    repeats = min(MOST, max(LEAST, int(SECONDS / max(sum(warm) / 2, 1e-6))))
    taken = take_turns(turns, repeats, math.inf, rest=lambda _: None)  # all share their threads
    return [1000 * median(seconds) for seconds in taken.values()]


def mean_difference(teacher: Model, student: Model, output: str, data: Data) -> tuple[float, int]:
    """The mean absolute difference of two models' images in [-1, 1], and of how many images."""
    count = min(data.test_count(), COMPARED)
    differences = []
    for index in range(count):
        inputs = _inputs(student, output, data, index)
        one, other = (
            model.evaluate([model.output(output)], inputs, index)[0] for model in (teacher, student)
        )
        differences.append(float((last_tensor(one) - last_tensor(other)).abs().mean()))
    return sum(differences) / count, count


def _score(
    teacher: _Opened, student: _Opened, data: Mapping[str, object], tell: Tell
) -> tuple[Assessment | None, Assessment | None]:
    """The student's metrics of both; none where they cannot be computed, which is told."""
    wanted = metrics_of_a_run(student.blueprint)
    tables = student.blueprint.recipe.metrics
    metrics = {f"metrics.{n}": tables[n].model_dump(mode="json", exclude_none=True) for n in wanted}
    if not wanted:
        return None, None
    try:
        before = evaluate(teacher.model, wanted, overrides={**data, **metrics}, tell=tell)
        return before, evaluate(student.model, wanted, tell=say_nothing)
    except GanzooError as error:
        tell(f"note: no scores: {error}")
        return None, None


def _turn(model: Model, output: str, inputs: Mapping[str, Tensor]) -> Turn:
    """A function that computes an output once, and returns the seconds that this took."""

    def compute() -> None:
        model.evaluate([model.output(output)], inputs, 0)
        if model.device.type == "cuda":
            torch.cuda.synchronize(model.device)

    return partial(time_images, compute, 1)


def _inputs(model: Model, output: str, data: Data, index: int) -> dict[str, Tensor]:
    """What an output needs of a test sample, (1, ...)."""
    needed = model.output(output).names
    sample = data.test_sample(index)
    return {name: value[None] for name, value in sample.items() if name in needed}
