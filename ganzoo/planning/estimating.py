"""What a step of a recipe costs on this machine, as rules ask for it while they decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.machine_speed import find_speed
from ganzoo.builder.step_cost import estimate_step
from ganzoo.interfaces.rule import StepCost
from ganzoo.planning.drafting import Estimate
from ganzoo.planning.trial_recipe import hash_tables

# What a step costs hardly depends on, where it is not decided yet.
STANDINS: Mapping[str, Mapping[str, Any]] = {
    "train": {"length": "1 step"},
    "optimizers": {"default": {"type": "adam"}},
}


def make_estimate() -> Estimate:
    """By this machine's speed, which is measured once and kept. Each recipe is estimated once."""
    speed, costs = find_speed(), dict[str, StepCost]()

    def estimate(recipe: Mapping[str, Any]) -> StepCost:
        key = hash_tables(recipe)
        if key not in costs:
            costs[key] = estimate_step(check_recipe(_completed(recipe), count=False), speed)
        return costs[key]

    return estimate


def _completed(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The tables with stand-ins for what a recipe needs and no rule has decided yet."""
    standins = {key: {**table, **recipe.get(key, {})} for key, table in STANDINS.items()}
    return {**recipe, **standins}
