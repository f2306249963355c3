"""Sections that `show` and `check` share: the networks, frozen ones, and ones not built."""

from __future__ import annotations

from ganzoo.builder.experiment import CheckedRecipe
from ganzoo.builder.objective import changed
from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.printing.text import say


def print_networks(recipe: CheckedRecipe) -> None:
    """Print each network: kind, type, parameters, its player, and settings that are not default."""
    heading("networks")
    rows = []
    for name, network in recipe.assembly.networks.items():
        plan = recipe.blueprint.networks[name]
        owner = recipe.owners.get(name, "not trained")
        weights = sum(p.numel() for p in network.parameters())
        rows.append((name, plan.kind, f"{weights:>11,} parameters", owner, changed(plan)))
    print_columns(rows)
    if recipe.unbuilt:
        say(f"  not built, for nothing reaches them: {', '.join(recipe.unbuilt)}")
    for player, names in recipe.trial.idle.items():
        if names:
            say(f"  frozen, for no term of {player} reaches them: {', '.join(names)}")
