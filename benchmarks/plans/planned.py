"""The recipe that `ganzoo plan` makes for a data set, for the same budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.plans.image_sets import ImageSet

COPYING = ("no_better_than_copy", "hard_to_beat")
"""Kinds of cautions that say so beforehand."""


def plan_tables(
    chosen: ImageSet, folder: Path, budget: float, seed: int
) -> tuple[dict[str, Any], str]:
    """The tables of the planned recipe, and what it says of copying the input.

    Metrics are left out, and what is the best by them: they would take from the budget.
    """
    from ganzoo.planning.plan_recipe import plan_recipe

    plan = plan_recipe(folder, budget=budget, goal=chosen.goal, name=chosen.name, anyway=True)
    tables = {**plan.recipe, "metrics": {}, "default_metrics": False}
    tables["train"] = {**tables["train"], "seed": seed}
    tables["checkpoints"] = {k: v for k, v in tables.get("checkpoints", {}).items() if k != "best"}
    said = [each.text for each in plan.cautions if each.kind in COPYING]
    return tables, " ".join(said)
