"""Who plays: which player trains which network, and who minimises which term."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ganzoo.builder.blueprint import Blueprint, TermPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.engine.player import UpdateInterval
from ganzoo.errors import did_you_mean, listed
from ganzoo.expression import Call, Expression, networks

GENERATORS, DISCRIMINATORS = "generators", "discriminators"


@dataclass(frozen=True)
class Roles:
    """The cast of a recipe.

    owner: the player of each network that moves: it has parameters, and a live term reaches it.
    order: the players, in the order in which they move.
    update_intervals: how those move that the recipe says something of.
    """

    owner: dict[str, str]
    order: list[str]
    update_intervals: dict[str, UpdateInterval]

    def of(self, player: str) -> set[str]:
        """The networks of a player."""
        return {name for name, owner in self.owner.items() if owner == player}


def give_roles(blueprint: Blueprint, moving: Collection[str], lookup: Lookup) -> Roles:
    """Derive players from all terms, those of weight 0 included; `[players]` may overrule.

    moving: the networks whose parameters can move; others belong to nobody.
    """
    owner = _default_owners(blueprint)
    owned: dict[str, str] = {}
    players = [GENERATORS, DISCRIMINATORS]
    update_intervals: dict[str, UpdateInterval] = {}
    for player, table in blueprint.recipe.players.items():
        if isinstance(table, list):
            if player != "order":
                lookup.fault(f"players.{player}", 'write { networks = ["E"] }')
            continue
        update_intervals[player] = UpdateInterval(table.every, table.fresh)
        players += [player] if player not in players else []
        for name in table.networks:
            if name not in blueprint.recipe.networks:
                known = blueprint.recipe.networks
                hint = did_you_mean(name, known) or f" Use {listed(known)}."
                lookup.fault(f"players.{player}.networks", f"there is no network '{name}'.{hint}")
            elif owned.setdefault(name, player) != player:
                message = f"'{name}' belongs to '{owned[name]}' already"
                lookup.fault(f"players.{player}.networks", message)
            owner[name] = player
    reached = {name for term in blueprint.live for name in term.networks}
    owner = {name: p for name, p in owner.items() if name in moving and name in reached}
    return Roles(owner, _order(blueprint, players, lookup), update_intervals)


def check_players(blueprint: Blueprint, lookup: Lookup) -> None:
    """Note every name in `[players]` that means nothing, before anything is built."""
    give_roles(blueprint, blueprint.recipe.networks, lookup)


def _default_owners(blueprint: Blueprint) -> dict[str, str]:
    return {
        name: DISCRIMINATORS if name in blueprint.discriminators else GENERATORS
        for name in blueprint.recipe.networks
    }


def _order(blueprint: Blueprint, players: list[str], lookup: Lookup) -> list[str]:
    order = list(dict.fromkeys(blueprint.recipe.order))
    if len(order) < len(blueprint.recipe.order):
        lookup.fault("players.order", "a player is named twice")
    for name in order:
        if name not in players:
            hint = did_you_mean(name, players) or f" Use {listed(players)}."
            lookup.fault("players.order", f"there is no player '{name}'.{hint}")
    return [*order, *(player for player in players if player not in order)]


def player_of(term: TermPlan, roles: Roles, blueprint: Blueprint, lookup: Lookup) -> str | None:
    """Who minimises a plain term: the generators if one is in its wires, else its networks' owner.

    For an adversarial term, who plays against its discriminator; None where nobody does.
    """
    if term.player is not None:
        return _named_player(term, term.player, roles, lookup)
    owned = [n for wire in _sides(term) for n in sorted(networks(wire)) if n in roles.owner]
    generators = [name for name in owned if name not in blueprint.discriminators]
    owners = sorted({roles.owner[name] for name in generators or owned})
    if term.adversarial and not generators:
        return None
    if not owners:
        lookup.fault(term.path, "nothing in this term is trained; drop it")
        return None
    if len(owners) > 1:
        lookup.fault(
            term.path,
            f"its networks belong to the players {' and '.join(owners)}: say whose term it is, as "
            f'player = "{owners[0]}", and state it once for each that learns from it',
        )
    return owners[0]


def _named_player(term: TermPlan, player: str, roles: Roles, lookup: Lookup) -> str | None:
    if player not in roles.order:
        hint = did_you_mean(player, roles.order)
        lookup.fault(f"{term.path}.player", f"there is no player '{player}'.{hint}")
    elif not roles.of(player):
        lookup.fault(f"{term.path}.player", f"'{player}' has no network that moves")
    return player


def discriminator_owner(term: TermPlan, roles: Roles, lookup: Lookup) -> str | None:
    """Who minimises the discriminator's side; None where it is not trained."""
    owners = {roles.owner.get(name) for name in term.discriminators}
    if len(owners) > 1:
        lookup.fault(
            term.path, f"{listed(sorted(term.discriminators))} belong to different players"
        )
    return owners.pop() if owners else None


def _sides(term: TermPlan) -> list[Expression]:
    """The wires to look for generators in: of an adversarial term its discriminator's arguments."""
    wires = list(term.wires.values())
    if not term.adversarial:
        return wires
    ordered = [term.wires["fake"], term.wires["real"]]
    return [a for wire in ordered if isinstance(wire, Call) for a in wire.arguments]
