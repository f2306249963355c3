"""Who makes the fakes that players are shown, and when: always before anyone has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganzoo.engine.player import Player, Side
from ganzoo.expression import Call, Expression, networks


@dataclass(frozen=True)
class FakePlan:
    """Where each fake that someone is shown comes from.

    returned: what the first mover's own forward makes anyway.
    ahead: by player, what must be made before, without gradient, with that player's chance.
    """

    returned: tuple[str, ...]
    ahead: Mapping[int, tuple[Expression, ...]]


def shown(sides: Sequence[Side]) -> list[Expression]:
    """What must be made for these sides, each once."""
    found = {str(a): a for side in sides for a in side.arguments if isinstance(a, Call)}
    return list(found.values())


def plan_fakes(players: Sequence[Player], moving: Sequence[int], audience: set[int]) -> FakePlan:
    """Decide who makes what on one stream of batches.

    players: all, in their order. moving: those that move in this step.
    audience: those that are given this stream's batches.
    """
    needed = shown([side for i in moving if i in audience for side in players[i].sides])
    first = next(iter(moving), None)
    makes = players[first].makes if first is not None and first in audience else set()
    returned = tuple(str(e) for e in needed if str(e) in makes)
    ahead: dict[int, tuple[Expression, ...]] = {}
    for expression in needed:
        if str(expression) not in returned:
            maker = _maker(expression, players)
            ahead[maker] = (*ahead.get(maker, ()), expression)
    for maker, expressions in ahead.items():
        own = players[maker].makes
        ahead[maker] = tuple(sorted(expressions, key=lambda e: str(e) not in own))
    return FakePlan(returned, ahead)


def _maker(expression: Expression, players: Sequence[Player]) -> int:
    """The player that will evaluate it too, else one whose network is in it, else the first."""
    evaluates = [i for i, player in enumerate(players) if str(expression) in player.makes]
    owns = [i for i, p in enumerate(players) if networks(expression) & set(p.networks.keys())]
    return [*evaluates, *owns, 0][0]
