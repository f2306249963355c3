"""How strongly an adversarial term and its opponents pull at the fakes that both of them see.

Norms are of the gradient at these images, not of a network's last layer as Esser et al. 2021
(arXiv:2012.09841, eq. 7) have it: every generator gives images, whatever its layers are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.engine.expressions import (
    Values,
    evaluate,
    find_calls,
    flatten,
    full_precision,
    nest_like,
    no_autocast,
    plan,
)
from ganzoo.engine.player import Player
from ganzoo.engine.rng import no_trace, seed_torch
from ganzoo.engine.step import Game
from ganzoo.engine.terms import GeneratorTerm, PlainTerm
from ganzoo.expression import Call, Expression

Opponents = dict[str, list[PlainTerm]]
Sides = Sequence[Sequence[GeneratorTerm | PlainTerm]]


def find_opponents(players: Sequence[Player]) -> Opponents:
    """The plain terms of the same player that depend on an adversarial term's fakes, by its name.

    Adversarial terms that have none are left out.
    """
    opponents: Opponents = {}
    for player in players:
        plain = [term for term in player.terms if isinstance(term, PlainTerm) and term.weight]
        for term in player.terms:
            if isinstance(term, GeneratorTerm):
                fakes = {str(fake) for fake in find_fakes(term, player)}
                against = [each for each in plain if find_calls(each.expressions()) & fakes]
                opponents |= {term.name: against} if against else {}
    return opponents


def find_fakes(term: GeneratorTerm, player: Player) -> list[Expression]:
    """The images that a player's own networks make for a term: `G(x)` of `D(x, G(x))`."""
    own = set(player.networks.keys())

    def visit(expression: Expression) -> list[Expression]:
        if not isinstance(expression, Call):
            return []
        if expression.network in own:
            return [expression]
        return [fake for argument in expression.arguments for fake in visit(argument)]

    return list({str(fake): fake for fake in visit(term.fake)}.values())


def squared_norms(game: Game, step: int) -> dict[str, Tensor]:
    """By adversarial term: the squared norms of its own gradient and its opponents', (2,).

    Both are of weighted losses, without schedules, at the fakes of the last step's batches, as the
    networks now make them: a sample's own, averaged over samples. Nothing is changed by it.
    """
    opponents = find_opponents(game.players)
    measured: dict[str, Tensor] = {}
    with no_trace(game.networks.values()):
        for player in game.players:
            for term in player.terms:
                if isinstance(term, GeneratorTerm) and term.name in opponents:
                    seed_torch(game.seed, "gradient norms", step, term.name, game.rank)
                    sides: Sides = [term], opponents[term.name]
                    fakes = find_fakes(term, player)
                    each = [_measure(game, sides, fakes, values) for values in game.values]
                    measured[term.name] = torch.stack(each).mean(0)
    return measured


def _measure(game: Game, sides: Sides, fakes: Sequence[Expression], values: Values) -> Tensor:
    """The squared norm of each side's gradient at the fakes, (sides,)."""
    with game.autocast():
        computed = evaluate(plan(fakes, values), values, game.networks)
    shown = [computed[str(fake)] for fake in fakes]
    leaves = [tensor.detach().requires_grad_() for tensor in flatten(map(full_precision, shown))]
    named = zip(map(str, fakes), nest_like(shown, leaves), strict=True)
    with torch.enable_grad():
        losses = _losses(game, sides, {**values, **dict(named)})
    return torch.stack([_squared_norm(loss, leaves) for loss in losses])


def _losses(game: Game, sides: Sides, given: Values) -> list[Tensor]:
    """The weighted sum of each side's losses."""
    wanted = [e for side in sides for term in side for e in term.expressions()]
    with game.autocast():
        values = evaluate(plan(wanted, given), given, game.networks)
    with no_autocast(values.values()):
        read = {text: full_precision(value) for text, value in values.items()}
        return [
            torch.stack([t.weight * t.losses(read, game.networks)[t.name] for t in side]).sum()
            for side in sides
        ]


def _squared_norm(loss: Tensor, leaves: Sequence[Tensor]) -> Tensor:
    """Of the gradient that each sample would have alone, averaged over samples."""
    gradients = torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True)
    squares = [g.double().square().sum() for g in gradients if g is not None]
    # A mean over N samples gives each 1/N of its gradient.
    return torch.stack(squares).sum() * len(leaves[0])
