"""What a recipe leaves to the machine is settled before training; the run's recipe then says it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from accelerate import Accelerator

from ganzoo.builder import Experiment
from ganzoo.builder.data_settings import settle_data
from ganzoo.builder.rules import find_bf16_obstacle
from ganzoo.engine.device import settle_precision
from ganzoo.engine.precision import AUTO, ChosenPrecision, describe_emulation
from ganzoo.engine.rng import keep_rng
from ganzoo.engine.trainer import Trainer
from ganzoo.interfaces import Data
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.folder import RunFolder, finite
from ganzoo.runs.resume_rules import adopt_choices, adopt_measured
from ganzoo.training.memory_choice import MemoryChoice, take_over_checkpointing
from ganzoo.training.quick_metrics import (
    FEWEST_STEPS,
    MeasuringPlan,
    StepTime,
    adopt,
    find_open,
    plan_measurements,
    settled,
    take_over_metrics,
)
from ganzoo.training.together import from_main
from ganzoo.training.tuning import (
    FEWEST,
    WARM,
    StepTimer,
    Tuning,
    count_training_steps,
    describe_settings,
    list_alternatives,
    search,
)

COMPILED = 0.5  # of a step's time, at least, is what is left of it when it is compiled


@dataclass
class Choices:
    """What was chosen for this machine; None where the recipe says it.

    precision: what "auto" stands for. tuning: what `train.tune` measured.
    memory: how a step was made to fit into `train.memory`.
    shortage: that more memory is needed than is free.
    step: what one takes, where metrics ask for it.
    quick: the metrics that left open when they are computed, and what was chosen for them.
    failures: why it could not measure some settings.
    """

    precision: ChosenPrecision | None = None
    tuning: Tuning | None = None
    failures: Sequence[str] = ()
    step: StepTime | None = None
    quick: tuple[Sequence[str], MeasuringPlan] | None = None
    memory: MemoryChoice | None = None
    shortage: str = ""

    def record(self) -> dict[str, Any]:
        """What run.json says of it; the seconds of settings that failed are null."""
        record: dict[str, Any] = {}
        if self.precision:
            record["precision_reason"] = self.precision.reason
        if self.tuning:
            record["tuning"] = {
                "chosen": dict(self.tuning.settings),
                "seconds": finite(self.tuning.seconds),
            }
        if self.memory:
            record["memory"] = self.memory.record()
        return record

    def lines(self, precision: str, device: torch.device) -> list[str]:
        """What was chosen and why; or that the recipe's bf16 is slow here."""
        emulated = describe_emulation(device) if precision == "bf16" else ""
        lines = [f"precision: {self.precision}"] if self.precision else []
        if emulated and not self.precision:
            lines = [f"precision: bf16, as the recipe says; {emulated}, so it is slow"]
        lines += [f"tuned: {self.tuning}"] if self.tuning else []
        lines += [f"memory: {self.memory}"] if self.memory else []
        lines += [f"measured: {self.quick[1].describe(self.quick[0])}"] if self.quick else []
        lines += [f"note: {self.shortage}"] if self.shortage else []
        return [*lines, *(f"note: {failure}" for failure in self.failures)]


def change_train(experiment: Experiment, **settings: Any) -> None:
    """Give settings of the experiment's `[train]` table other values."""
    train = experiment.recipe.train.model_copy(update=settings)
    recipe = experiment.recipe.model_copy(update={"train": train})
    experiment.recipe = experiment.blueprint.recipe = recipe


def take_over_choices(experiment: Experiment, folder: RunFolder, allowed: Collection[str]) -> None:
    """Let a run that goes on compute as it did: what the recipe leaves open is what the run chose.

    allowed: the settings that may differ from the run's, which are chosen anew.
    """
    if folder.is_run():
        before = load_recipe(folder.recipe)
        if measured := adopt_measured(before, experiment.recipe, allowed):
            settle_data(experiment, measured)
        adopted = adopt_choices(before, experiment.recipe, allowed)
        take_over_checkpointing(experiment, adopted)
        experiment.recipe = experiment.blueprint.recipe = adopted
        take_over_metrics(experiment, before)


def choose_open_precision(experiment: Experiment, cpu: bool) -> ChosenPrecision | None:
    """Settle precision "auto" for this machine; None where the recipe says which it is."""
    if experiment.recipe.train.precision != AUTO:
        return None
    chosen = settle_precision(cpu, find_bf16_obstacle(experiment.players))
    change_train(experiment, precision=chosen.name)
    return chosen


def tune(
    experiment: Experiment, accelerator: Accelerator, choices: Choices, timer: StepTimer
) -> bool:
    """Choose the fastest way to compute a step; returns whether any was timed.

    Then this process needs another Accelerator.
    """
    ways = list_alternatives(experiment, accelerator.device, choices.precision is not None)
    steps = count_training_steps(experiment, accelerator)
    if not ways or steps < FEWEST + WARM:
        return False
    choices.tuning = search(ways, timer, steps)
    choices.failures = timer.failures
    change_train(experiment, **choices.tuning.settings)
    if "precision" in choices.tuning.settings:
        choices.precision = ChosenPrecision("float32", "a step is faster in it here")
    return True


def time_step(
    experiment: Experiment, accelerator: Accelerator, choices: Choices, timer: StepTimer
) -> bool:
    """Find out what a step takes where metrics ask for it; returns whether any was timed.

    Then this process needs another Accelerator.
    """
    steps = count_training_steps(experiment, accelerator)
    if not find_open(experiment.blueprint) or steps < FEWEST_STEPS:
        return False
    if choices.tuning:
        chosen = choices.tuning.seconds[describe_settings(choices.tuning.settings)]
        choices.step = StepTime(chosen)
        return False
    began = time.perf_counter()
    compiles = experiment.recipe.train.compile
    with keep_rng(accelerator.device):
        seconds = timer({"compile": False}) * (COMPILED if compiles else 1)
    choices.step = StepTime(seconds, time.perf_counter() - began)
    return True


def choose_quick_metrics(
    experiment: Experiment, trainer: Trainer, choices: Choices, find_data: Callable[[], Data]
) -> None:
    """Settle when metrics are computed that leave it open: in all processes as in the first.

    find_data: returns what they will be computed on; only the main process asks.
    """
    names = find_open(experiment.blueprint)
    if not names:
        return
    own, accelerator = None, trainer.accelerator
    if accelerator.is_main_process:
        steps = trainer.timetable.steps
        own = asdict(plan_measurements(experiment, find_data(), steps, choices.step))
    plan = MeasuringPlan(**from_main(accelerator, own))
    adopt(experiment, settled(experiment.blueprint, names, plan))
    choices.quick = names, plan
