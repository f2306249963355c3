"""Copies of an experiment, to try something on: new networks, the same data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ganzoo.builder.assemble import assemble
from ganzoo.builder.experiment import Experiment
from ganzoo.inference.model import resting_modules


def copy_experiment(experiment: Experiment, **train: Any) -> Experiment:
    """The same recipe with other settings in `[train]`, on networks of its own.

    Their weights are not those of the recipe: nothing is drawn or loaded.
    """
    table = experiment.recipe.train.model_copy(update=train)
    recipe = experiment.recipe.model_copy(update={"train": table})
    blueprint, trial = replace(experiment.blueprint, recipe=recipe), experiment.trial
    assembly = assemble(blueprint, "cpu", recipe.name, start=False)
    assembly.freeze(trial.idle)
    trial.mark(assembly)
    return Experiment(
        recipe, blueprint, assembly, trial, resting=resting_modules(assembly.networks)
    )
