"""What a recipe leaves to the machine is settled before training; the run's recipe then says it."""

from __future__ import annotations

from collections.abc import Collection

import torch

from ganzoo.builder import Experiment
from ganzoo.builder.rules import find_bf16_obstacle
from ganzoo.engine.device import settle_precision
from ganzoo.engine.precision import AUTO, ChosenPrecision, describe_emulation
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.resume_rules import adopt_choices


def change_train(experiment: Experiment, **settings: object) -> None:
    """Give settings of the experiment's `[train]` table other values."""
    train = experiment.recipe.train.model_copy(update=settings)
    recipe = experiment.recipe.model_copy(update={"train": train})
    experiment.recipe = experiment.blueprint.recipe = recipe


def take_over_choices(experiment: Experiment, folder: RunFolder, allowed: Collection[str]) -> None:
    """Let a run that goes on compute as it did: what the recipe leaves open is what the run chose.

    allowed: the settings that may differ from the run's, which are chosen anew.
    """
    if folder.is_run():
        adopted = adopt_choices(load_recipe(folder.recipe), experiment.recipe, allowed)
        experiment.recipe = experiment.blueprint.recipe = adopted


def choose_open_precision(experiment: Experiment, cpu: bool) -> ChosenPrecision | None:
    """Settle precision "auto" for this machine; None where the recipe says which it is."""
    if experiment.recipe.train.precision != AUTO:
        return None
    chosen = settle_precision(cpu, find_bf16_obstacle(experiment.players))
    change_train(experiment, precision=chosen.name)
    return chosen


def describe_precision(
    precision: str, chosen: ChosenPrecision | None, device: torch.device
) -> list[str]:
    """What was chosen and why; or that the recipe's bf16 is slow here."""
    if chosen:
        return [f"precision: {chosen}"]
    emulated = describe_emulation(device) if precision == "bf16" else ""
    return [f"precision: bf16, as the recipe says; {emulated}, so it is slow"] if emulated else []
