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

# What a step is made of; other tables are about what happens beside the steps.
TABLES = ("networks", "latents", "losses", "players", "data", "augmentations", "optimizers", "ema")
# No step depends on the length, and rules ask before an optimizer is decided.
LENGTH, OPTIMIZERS = "1e6 steps", {"default": {"type": "adam"}}


def make_estimate() -> Estimate:
    """By this machine's speed, which is measured once and kept. Equal steps are estimated once."""
    speed, costs = find_speed(), dict[str, StepCost]()

    def estimate(recipe: Mapping[str, Any]) -> StepCost:
        tables = select_tables(recipe)
        key = hash_tables(tables)
        if key not in costs:
            costs[key] = estimate_step(check_recipe(tables, count=False), speed, measured=True)
        return costs[key]

    return estimate


def select_tables(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The tables that a step depends on, with stand-ins for what is not decided yet."""
    train = {**recipe.get("train", {}), "length": LENGTH}
    tables = {key: recipe[key] for key in TABLES if key in recipe}
    return {"optimizers": OPTIMIZERS, **tables, "train": train}
