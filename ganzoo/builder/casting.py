"""Terms become those of players: the generators' side of each, and the discriminators'."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from ganzoo.builder.blueprint import Blueprint, TermPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.roles import Roles, discriminator_owner, player_of
from ganzoo.engine.player import Side, cut_side
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
from ganzoo.expression import Expression, networks
from ganzoo.interfaces import Buffer


@dataclass
class Draft:
    """A player in the making."""

    terms: list[Term] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)


def can_move(module: nn.Module) -> bool:
    """Whether a module has parameters that may be trained."""
    return any(parameter.requires_grad for parameter in module.parameters())


def cast_term(
    term: TermPlan, drafts: dict[str, Draft], roles: Roles, blueprint: Blueprint, lookup: Lookup
) -> None:
    """Make a term's loss, and add its sides to the players that minimise them.

    drafts: the players by name; they get the term. What is wrong is noted in `lookup`.
    """
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
