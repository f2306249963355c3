"""What `show` and `check` both say of a recipe: its networks, what is idle, what is not built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.build.assemble import Assembly, assemble
from ganzoo.build.experiment import check_recipe
from ganzoo.build.plans import Blueprint, PartPlan
from ganzoo.build.trial import Trial
from ganzoo.pages.columns import heading, print_columns
from ganzoo.printing import say
from ganzoo.signature import as_written, settings


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


def changed(plan: PartPlan, skip: int = 0) -> str:
    """A part with the settings that are not its defaults: `resnet, width = 32`."""
    defaults = {s.name: s.default for s in settings(plan.part, skip) if not s.required}
    different = {
        name: value
        for name, value in plan.settings.items()
        if name not in defaults or not _same(value, defaults[name])
    }
    return ", ".join([plan.name, *assignments(different)])


def assignments(values: Mapping[str, Any]) -> list[str]:
    """`width = 32`, as a recipe writes it."""
    return [f"{name} = {as_written(value)}" for name, value in values.items()]


def _same(value: Any, default: Any) -> bool:
    """Equal, where a list in a recipe may be a tuple in Python."""
    return bool(value == (list(default) if isinstance(default, tuple) else default)) or bool(
        value == default
    )
