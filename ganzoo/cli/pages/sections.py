"""What `show` and `check` both say of a recipe: its networks, what is idle, what is not built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ganzoo.builder.assemble import Assembly, assemble
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.objective import changed
from ganzoo.builder.trial import Trial
from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.printing.text import say


@dataclass(frozen=True)
class Checked:
    """A recipe after a step on the meta device.

    source: how messages call it.
    assembly: its networks and players, without memory for weights.
    """

    source: str
    blueprint: Blueprint
    trial: Trial
    assembly: Assembly

    @property
    def owners(self) -> dict[str, str]:
        """The player of each network that is trained."""
        players = self.assembly.players
        return {network: player.name for player in players for network in player.networks}

    @property
    def unbuilt(self) -> list[str]:
        """Networks that no live term, output or metric reaches."""
        built = self.assembly.networks
        return [name for name in self.blueprint.networks if name not in built]


def checked(source: str, overrides: Iterable[str] = ()) -> Checked:
    """Check a recipe and keep everything that was found on the way.

    Raises:
        RecipeError: everything wrong with it.
    """
    blueprint, trial, name = check_recipe(source, list(overrides))
    return Checked(name, blueprint, trial, assemble(blueprint, "meta", name))


def print_networks(recipe: Checked) -> None:
    """Each network: kind, type, parameters, who trains it, and what is not as by default."""
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
