"""Settings of the data that a recipe leaves to the files: once known, the recipe says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ganzoo.recipe.tables import ComponentTable

if TYPE_CHECKING:
    from ganzoo.builder.experiment import Experiment


def prepare_data(experiment: Experiment) -> None:
    """Prepare the data, and measure what the recipe leaves to the files.

    Raises:
        DataError: the images are missing.
    """
    experiment.data.prepare()
    measured = experiment.data.measured() if len(experiment.data) else {}
    if measured:
        settle_data(experiment, measured)
        experiment.measured = {**experiment.measured, **measured}
        experiment.data.prepare()


def settle_data(experiment: Experiment, settings: Mapping[str, Any]) -> None:
    """Give the data these settings, in the experiment and in its recipe."""
    blueprint, recipe = experiment.blueprint, experiment.recipe
    assert blueprint.data is not None
    plan = replace(blueprint.data, settings={**blueprint.data.settings, **settings})
    blueprint.data, blueprint.dataset = plan, plan.make()
    blueprint.variables |= blueprint.dataset.variables
    table = ComponentTable(type=recipe.data.type, **{**recipe.data.settings, **settings})
    experiment.recipe = blueprint.recipe = recipe.model_copy(update={"data": table})
