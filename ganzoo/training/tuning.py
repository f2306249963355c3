"""`train.tune`: times ways to compute a step that differ by rounding, and keeps the fastest."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator

from ganzoo.builder import Experiment
from ganzoo.builder.copies import copy_experiment
from ganzoo.engine.compiler import can_compile
from ganzoo.engine.device import choose_accelerator, forget_precision
from ganzoo.engine.rng import keep_rng
from ganzoo.engine.step import Draws
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import reason
from ganzoo.registry.signature import as_written
from ganzoo.training.together import from_main

MARGIN = 0.03  # what is faster by less is not: two measurements differ by as much
SECONDS = 1.0  # how long a way is timed
FEWEST, MOST = 3, 50  # steps that are timed
WARM = 2  # steps before them: the first one compiles and allocates
COMPILE_FROM = 1800.0  # seconds of training; compiling takes one or two minutes
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Alternative:
    """Settings of `[train]` that may make a step faster.

    from_seconds: how long a training must be expected to last for it to be tried.
    """

    settings: Settings
    from_seconds: float = 0.0


@dataclass(frozen=True)
class Tuning:
    """What was timed, and what was chosen.

    settings: of `[train]`, in which the fastest way differs from the recipe.
    seconds: of a step, by the settings that were tried; "as it is" are the recipe's. Infinite where
        a step failed.
    """

    settings: Settings
    seconds: Mapping[str, float]

    def __str__(self) -> str:
        times = ", ".join(f"{name} {_describe_time(taken)}" for name, taken in self.seconds.items())
        return f"{describe_settings(self.settings)} (a step: {times})"


def search(
    alternatives: Sequence[Alternative], time_step: Callable[[Settings], float], steps: int
) -> Tuning:
    """Try one alternative after the other, each with those that were faster before it.

    time_step: the seconds of a step with settings; infinite where that fails.
    steps: of the training.
    """
    chosen: Settings = {}
    fastest = time_step(chosen)
    seconds = {describe_settings(chosen): fastest}
    for alternative in alternatives:
        if steps * fastest < alternative.from_seconds:
            continue
        tried = {**chosen, **alternative.settings}
        taken = time_step(tried)
        seconds[describe_settings(tried)] = taken
        if taken < fastest * (1 - MARGIN):
            chosen, fastest = tried, taken
    return Tuning(chosen, seconds)


def describe_settings(settings: Settings) -> str:
    """`compile = true, precision = "float32"`."""
    return (
        ", ".join(f"{key} = {as_written(value)}" for key, value in settings.items()) or "as it is"
    )


def _describe_time(seconds: float) -> str:
    return f"{seconds:.3g} s" if math.isfinite(seconds) else "failed"


def count_training_steps(experiment: Experiment, accelerator: Accelerator) -> int:
    """The steps of a training in all processes together."""
    experiment.data.prepare()
    train = experiment.recipe.train
    images_a_step = train.batch_size * train.accumulate * int(accelerator.num_processes)
    return experiment.timetable(len(experiment.data), images_a_step).steps


def list_alternatives(
    experiment: Experiment, device: torch.device, auto: bool
) -> list[Alternative]:
    """What may make a step of a recipe faster on a device and differs by rounding.

    auto: whether the recipe leaves the precision open; bf16 does not pay in every small network.
    """
    train, ways = experiment.recipe.train, list[Alternative]()
    if auto and train.precision == "bf16":
        ways.append(Alternative({"precision": "float32"}))
    if device.type == "cuda":
        ways.append(Alternative({"channels_last": not train.channels_last}))
    if can_compile(device) and not all(p.double_backward for p in experiment.players):
        from_seconds = 0.0 if train.compile else COMPILE_FROM
        ways.append(Alternative({"compile": not train.compile}, from_seconds))
    return ways


@dataclass
class StepTimer:
    """Times steps on copies of an experiment, of which nothing is left.

    cpu: whether training was told to take the CPU.
    most_seconds: how long to time a way, but for the fewest steps.
    failures: why settings could not be timed, half a sentence each.
    """

    experiment: Experiment
    cpu: bool
    clock: Callable[[], float] = time.perf_counter
    most_seconds: float = SECONDS
    failures: list[str] = field(default_factory=list)

    def __call__(self, settings: Settings) -> float:
        """The median seconds of a step, the main process's in all of them; infinite if it fails."""
        try:
            return self._time(settings)
        except Exception as error:  # whatever a compiler may raise
            if not settings:
                raise
            self.failures.append(f"{describe_settings(settings)} failed: {reason(error):.300}")
            return math.inf
        finally:
            torch.compiler.reset()
            forget_precision()

    def _time(self, settings: Settings) -> float:
        device = {"device": "cpu"} if self.cpu else {}
        copy = copy_experiment(self.experiment, **{"workers": 0, **device, **settings})
        accelerator = choose_accelerator(copy.recipe.train)
        with keep_rng(accelerator.device):
            trainer = copy.trainer(accelerator)
            batches = trainer.batches()
            try:
                *_, last = [self._step(trainer, next(batches)) for _ in range(WARM)]
                own = count_steps(last, trainer.timetable.steps, self.most_seconds)
                count = from_main(accelerator, own)
                times = [self._step(trainer, next(batches)) for _ in range(count)]
            finally:
                batches.close()
            return float(from_main(accelerator, statistics.median(times)))

    def _step(self, trainer: Trainer, draws: Draws) -> float:
        started = self.clock()
        trainer.train_step(draws)
        wait_for(trainer.accelerator.device)
        return self.clock() - started


def count_steps(seconds: float, steps: int, most_seconds: float = SECONDS) -> int:
    """How many steps to time, if one takes so long and the training has so many."""
    wanted = MOST if seconds * MOST <= most_seconds else max(FEWEST, int(most_seconds / seconds))
    return min(wanted, steps - WARM)


def wait_for(device: torch.device) -> None:
    """Wait until a device has computed all that it was asked for."""
    if device.type not in ("cpu", "meta"):
        torch.get_device_module(device).synchronize()
