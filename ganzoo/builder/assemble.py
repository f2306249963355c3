"""Makes the objects: networks with their first weights, losses, players."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.casting import Draft, can_move, cast_term
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.roles import Roles, give_roles
from ganzoo.builder.weights import start_from
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.engine.expressions import find_calls
from ganzoo.engine.player import Player, UpdateInterval
from ganzoo.engine.rng import seed_torch
from ganzoo.engine.terms import (
    PenalisedTerm,
)
from ganzoo.errors import RecipeError
from ganzoo.expression import networks

Start = Literal["all", "frozen", "none"]


@dataclass
class Assembly:
    """Everything a game needs, on one device.

    networks: every network that is built, frozen ones included.
    players: in the order in which they move.
    """

    networks: dict[str, nn.Module]
    players: list[Player]

    def freeze(self, idle: dict[str, list[str]]) -> None:
        """Freeze parameters that no term reaches, by player: DDP refuses unused ones."""
        for player in self.players:
            player.freeze(idle.get(player.name, ()))
        for name in self.untrained():
            self.networks[name].requires_grad_(False)

    def untrained(self) -> list[str]:
        """The networks with parameters that no player moves."""
        owned = {name for player in self.players for name in player.networks}
        networks = self.networks.items()
        return [n for n, network in networks if n not in owned and [*network.parameters()]]


def make_networks(
    blueprint: Blueprint, names: Iterable[str], device: str, lookup: Lookup, start: Start = "all"
) -> dict[str, nn.Module]:
    """Networks, each drawing its weights from a seed of its own.

    start: which are given the recipe's first weights; to others, theirs follow at once.
    """
    built: dict[str, nn.Module] = {}
    seed = blueprint.recipe.train.seed
    for name in blueprint.recipe.networks:
        if name not in names:
            continue
        seed_torch(seed, "network", name)
        table = blueprint.recipe.networks[name]
        starts = start == "all" or (start == "frozen" and not table.trainable)
        with torch.device(device), nullcontext() if starts else weights_follow():
            network = lookup.make(blueprint.networks[name])
        if network is None:
            continue
        if starts and device != "meta":
            _start(network, name, blueprint)
        if not table.trainable:
            network.requires_grad_(False).eval()
        built[name] = network
    return built


def _start(network: nn.Module, name: str, blueprint: Blueprint) -> None:
    if name in blueprint.inits:
        blueprint.inits[name].component(network)
    table, plan = blueprint.recipe.networks[name], blueprint.networks[name]
    if table.weights is not None:
        note = start_from(network, name, table.weights, plan, table.partial)
        blueprint.warnings.append(note)


def assemble(blueprint: Blueprint, device: str, source: str, start: bool = True) -> Assembly:
    """Networks and players.

    device: "meta" for a trial without memory or arithmetic, "cpu" for the real thing.
    start: give networks the recipe's first weights; False where a checkpoint's follow at once,
        which holds none of those that are frozen.

    Raises:
        RecipeError: settings that a component refuses, roles that contradict.
    """
    lookup = Lookup()
    which: Start = "all" if start else "frozen"
    built = make_networks(blueprint, blueprint.used, device, lookup, which)
    if lookup.faults:
        for term in blueprint.live:
            lookup.make(term.loss)
        raise RecipeError(source, lookup.faults)
    moving = [name for name, network in built.items() if can_move(network)]
    roles = give_roles(blueprint, moving, lookup)
    drafts = {name: Draft() for name in roles.order}
    for term in blueprint.live:
        with torch.device(device):
            cast_term(term, drafts, roles, blueprint, lookup)
    if not lookup.faults:
        _check_all_play(drafts, roles, lookup)
    if lookup.faults:
        raise RecipeError(source, lookup.faults)
    return Assembly(built, _players(drafts, roles, built))


def _check_all_play(drafts: dict[str, Draft], roles: Roles, lookup: Lookup) -> None:
    for name, player in roles.owner.items():
        if not drafts[player].terms:
            lookup.fault(
                f"networks.{name}",
                f"its player '{player}' minimises no term, so it would never learn; give it one, "
                "or set trainable = false",
            )


def _players(drafts: dict[str, Draft], roles: Roles, built: dict[str, nn.Module]) -> list[Player]:
    """The players that have something to do.

    A player that does not move first makes the fakes that others are shown before all else. So its
    random draws are the same, whether the fakes are made ahead or in its turn.
    """
    active = [name for name in roles.order if drafts[name].terms and roles.of(name)]
    shown = [a for name in active for side in drafts[name].sides for a in side.arguments]
    players = []
    for place, name in enumerate(active):
        draft, own = drafts[name], roles.of(name)
        wanted = [e for term in draft.terms for e in term.expressions()]
        penalised = [term for term in draft.terms if isinstance(term, PenalisedTerm)]
        run = [*wanted, *(side.wire for term in penalised for side in (term.real, term.fake))]
        inside = find_calls(wanted)
        first = [e for e in shown if place > 0 and str(e) in inside]
        reached = {n for e in run for n in networks(e)} - own
        players.append(
            Player(
                name,
                {n: built[n] for n in built if n in own},
                {n: built[n] for n in built if n in reached},
                draft.terms,
                draft.sides,
                first,
                roles.update_intervals.get(name, UpdateInterval()),
            )
        )
    return players
