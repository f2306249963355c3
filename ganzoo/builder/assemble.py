"""Makes the objects: networks with their first weights, losses, players."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from ganzoo.builder.blueprint import Blueprint, TermPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.roles import Roles, discriminator_owner, give_roles, player_of
from ganzoo.builder.weights import start_from
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.engine.expressions import find_calls
from ganzoo.engine.player import Player, Side, UpdateInterval, cut_side
from ganzoo.engine.rng import seed_torch
from ganzoo.engine.terms import (
    DiscriminatorTerm,
    GeneratorTerm,
    PenalisedTerm,
    PlainTerm,
    Term,
    WeightedPenalty,
    penalised_sides,
)
from ganzoo.errors import RecipeError
from ganzoo.expression import Expression, networks
from ganzoo.interfaces import Buffer

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


@dataclass
class Draft:
    """A player in the making."""

    terms: list[Term] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)


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
            _cast_term(term, drafts, roles, blueprint, lookup)
    if not lookup.faults:
        _check_all_play(drafts, roles, lookup)
    if lookup.faults:
        raise RecipeError(source, lookup.faults)
    return Assembly(built, _players(drafts, roles, built))


def can_move(module: nn.Module) -> bool:
    """Whether a module has parameters that may be trained."""
    return any(parameter.requires_grad for parameter in module.parameters())


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


def _cast_term(
    term: TermPlan, drafts: dict[str, Draft], roles: Roles, blueprint: Blueprint, lookup: Lookup
) -> None:
    seed_torch(blueprint.recipe.train.seed, "loss", term.name)
    loss = lookup.make(term.loss)
    player = player_of(term, roles, blueprint, lookup)
    owner = discriminator_owner(term, roles, lookup) if term.adversarial else None
    if term.adversarial and player is not None and player == owner:
        lookup.fault(term.path, f"player '{player}' cannot play against itself in this term")
    if term.adversarial and loss is not None and can_move(loss):
        lookup.fault(
            term.path, f"'{term.loss.name}' has parameters; only a plain loss may own some"
        )
    if loss is None or lookup.faults:
        return
    if not term.adversarial:
        drafts[player or ""].terms.append(PlainTerm(term.name, loss, term.wires, term.weight))
        return
    if player is not None:
        drafts[player].terms.append(_generator_term(term, loss, roles.of(player)))
    if owner is not None:
        _cast_discriminator(term, loss, drafts[owner], (owner, roles), blueprint, lookup)


def _generator_term(term: TermPlan, loss: Any, own: set[str]) -> GeneratorTerm:
    real = term.wires["real"]
    sees = loss.needs_real or bool(networks(real) & own)
    return GeneratorTerm(term.name, loss, term.wires["fake"], real if sees else None, term.weight)


def _cast_discriminator(
    term: TermPlan,
    loss: Any,
    draft: Draft,
    role: tuple[str, Roles],
    blueprint: Blueprint,
    lookup: Lookup,
) -> None:
    """The discriminator's side of a term; fakes of other players come to it as samples."""
    player, roles = role
    wires: dict[str, Expression] = {}
    for name in ("fake", "real"):
        wires[name] = wire = term.wires[name]
        buffer = _buffer(term, wire, blueprint, lookup)
        others = {roles.owner.get(network, player) for network in networks(wire)} - {player}
        if others or buffer is not None:
            side = cut_side(f"{term.name}.{name}", wire, roles.of(player), buffer)
            draft.sides.append(side)
            wires[name] = side.wire
    draft.terms.append(_discriminator_term(term, loss, wires, roles.of(player), lookup))


def _discriminator_term(
    term: TermPlan, loss: Any, wires: dict[str, Expression], own: set[str], lookup: Lookup
) -> DiscriminatorTerm | PenalisedTerm:
    real, fake = wires["real"], wires["fake"]
    live = [plan for plan in term.penalties if plan.weight != 0]
    penalties = [WeightedPenalty(p.name, lookup.make(p.penalty), p.weight) for p in live]
    if penalties:
        return PenalisedTerm(term.name, loss, *penalised_sides(real, fake, own), penalties)
    return DiscriminatorTerm(term.name, loss, real, fake)


def _buffer(
    term: TermPlan, wire: Expression, blueprint: Blueprint, lookup: Lookup
) -> Buffer | None:
    """A side whose wire holds a generator has a buffer of its own."""
    plans = [blueprint.networks[name] for name in networks(wire)]
    holds_generator = any(plan.kind == "generator" for plan in plans)
    buffer: Buffer | None = lookup.make(term.buffer) if term.buffer and holds_generator else None
    return buffer
