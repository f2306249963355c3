"""What a recipe leaves to the machine is settled before training; the run's recipe then says it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator

from ganzoo.builder import Experiment
from ganzoo.builder.data_settings import settle_data
from ganzoo.builder.rules import find_bf16_obstacle
from ganzoo.engine.device import settle_precision
from ganzoo.engine.precision import AUTO, ChosenPrecision, describe_emulation
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.folder import RunFolder, finite
from ganzoo.runs.resume_rules import adopt_choices, adopt_measured
from ganzoo.training.tuning import (
    FEWEST,
    WARM,
    StepTimer,
    Tuning,
    count_training_steps,
    list_alternatives,
    search,
)


@dataclass
class Choices:
    """What was chosen for this machine; None where the recipe says it.

    precision: what "auto" stands for. tuning: what `train.tune` measured.
    failures: why it could not measure some settings.
    """

    precision: ChosenPrecision | None = None
    tuning: Tuning | None = None
    failures: Sequence[str] = ()

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
        return record

    def lines(self, precision: str, device: torch.device) -> list[str]:
        """What was chosen and why; or that the recipe's bf16 is slow here."""
        emulated = describe_emulation(device) if precision == "bf16" else ""
        lines = [f"precision: {self.precision}"] if self.precision else []
        if emulated and not self.precision:
            lines = [f"precision: bf16, as the recipe says; {emulated}, so it is slow"]
        lines += [f"tuned: {self.tuning}"] if self.tuning else []
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
        experiment.recipe = experiment.blueprint.recipe = adopted


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
