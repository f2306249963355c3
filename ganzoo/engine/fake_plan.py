"""Decides which player makes which fakes; all fakes are made before any player moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganzoo.engine.player import Player, Side
from ganzoo.expression import Call, Expression, networks


@dataclass(frozen=True)
class FakePlan:
    """The plan of where each fake comes from.

    returned: fakes that the first moving player computes in its own forward pass anyway.
    ahead: fakes that are made before that, without gradient, by the index of a player; that
    player's
        random numbers are used.
    """

    returned: tuple[str, ...]
    ahead: Mapping[int, tuple[Expression, ...]]


def find_fakes(sides: Sequence[Side]) -> list[Expression]:
    """The fakes that these sides need, each once."""
    fakes = {str(a): a for side in sides for a in side.arguments if isinstance(a, Call)}
    return list(fakes.values())


def plan_fakes(players: Sequence[Player], moving: Sequence[int], audience: set[int]) -> FakePlan:
    """Decide who makes which fakes from one stream of batches.

    players: all, in their order.
    moving: the indices of those that move in this step.
    audience: the indices of the players that are given this stream's batches.
    """
    needed = find_fakes([side for i in moving if i in audience for side in players[i].sides])
    first = next(iter(moving), None)
    makes = players[first].makes if first is not None and first in audience else set()
    returned = tuple(str(e) for e in needed if str(e) in makes)
    ahead: dict[int, tuple[Expression, ...]] = {}
    for expression in needed:
        if str(expression) not in returned:
            maker = _find_maker(expression, players)
            ahead[maker] = (*ahead.get(maker, ()), expression)
    for maker, expressions in ahead.items():
        own = players[maker].makes
        ahead[maker] = tuple(sorted(expressions, key=lambda e: str(e) not in own))
    return FakePlan(returned, ahead)


def _find_maker(expression: Expression, players: Sequence[Player]) -> int:
    """The index of the player that makes a fake.

    It is a player that computes the fake too, otherwise one whose network occurs in it, otherwise
    the first.
    """
    evaluates = [i for i, player in enumerate(players) if str(expression) in player.makes]
    owns = [i for i, p in enumerate(players) if networks(expression) & set(p.networks.keys())]
    return [*evaluates, *owns, 0][0]
