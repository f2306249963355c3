"""One step of the game: fakes are made before anyone moves, then each player moves in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ganzoo.expression import Call, Expression, networks
from ganzoo.interfaces import Latent
from ganzoo.play.objective import Values, closure, evaluate, plan
from ganzoo.play.players import Player, Side
from ganzoo.play.randomness import no_trace, numpy_generator, seed_torch, torch_generator

Losses = dict[str, dict[str, Tensor]]


class Mover(Protocol):
    """What moves a player: its module as Accelerate prepared it, and a way to minimise."""

    player: Player

    @property
    def module(self) -> nn.Module:
        """What runs; its `forward` is the player's."""

    def minimise(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Backward and step; returns the weighted sum."""


@dataclass(frozen=True)
class Making:
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


def plan_making(players: Sequence[Player]) -> Making:
    """Decide who makes what, given the order in which players move."""
    needed = shown([side for player in players for side in player.sides])
    returned = tuple(str(e) for e in needed if str(e) in players[0].makes)
    ahead: dict[int, tuple[Expression, ...]] = {}
    for expression in needed:
        if str(expression) not in returned:
            maker = _maker(expression, players)
            ahead[maker] = (*ahead.get(maker, ()), expression)
    for maker, expressions in ahead.items():
        own = players[maker].makes
        ahead[maker] = tuple(sorted(expressions, key=lambda e: str(e) not in own))
    return Making(returned, ahead)


def _maker(expression: Expression, players: Sequence[Player]) -> int:
    """The player that will evaluate it too, else one whose network is in it, else the first."""
    evaluates = [i for i, player in enumerate(players) if str(expression) in player.makes]
    owns = [i for i, p in enumerate(players) if networks(expression) & set(p.networks.keys())]
    return [*evaluates, *owns, 0][0]


@dataclass
class Game:
    """The players of a recipe, ready to move.

    networks: every network by name, unprepared.
    latents: how to draw each, and the shape of one sample.
    rank: which process this is; each has its own chance.
    """

    movers: Sequence[Mover]
    networks: Mapping[str, nn.Module]
    latents: Mapping[str, tuple[Latent, tuple[int, ...]]]
    seed: int
    rank: int = 0
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext

    def __post_init__(self) -> None:
        self.making = plan_making([mover.player for mover in self.movers])
        self._moving = [list(m.player.trainable().values()) for m in self.movers]

    def step(self, step: int, sample: Values) -> Losses:
        """Let every player move once; losses by player and term, before their weights."""
        values = {**sample, **self._draw_latents(step, sample)}
        values.update(self._make_ahead(step, values))
        losses: Losses = {}
        for index, mover in enumerate(self.movers):
            self._freeze_all_but(index)
            inputs = {**values, **self._show(step, mover.player, values)}
            seed_torch(self.seed, "play", step, index, self.rank)
            returns = self.making.returned if index == 0 else ()
            found, made = mover.module(inputs, returns=returns)
            mover.minimise(found)
            values.update(made)
            losses[mover.player.name] = {name: loss.detach() for name, loss in found.items()}
        return losses

    def _draw_latents(self, step: int, sample: Values) -> Values:
        first = next(iter(sample.values()))
        assert isinstance(first, Tensor)
        drawn: Values = {}
        for name, (latent, shape) in self.latents.items():
            random = torch_generator(self.seed, "latent", name, step, self.rank)
            latent_value = latent.draw((len(first), *shape), random)
            if latent_value.is_floating_point():
                latent_value = latent_value.to(_float_type(sample))
            drawn[name] = latent_value.to(first.device)
        return drawn

    def _make_ahead(self, step: int, values: Values) -> Values:
        made: Values = {}
        for index, expressions in self.making.ahead.items():
            player = self.movers[index].player
            own = tuple(e for e in expressions if str(e) in player.makes)
            levels = plan(own, values)
            rest = plan(expressions, {*values, *closure(own)})
            used = {name for e in expressions for name in networks(e)}
            with no_trace([self.networks[name] for name in used]), self.autocast():
                seed_torch(self.seed, "play", step, index, self.rank)
                found = evaluate(levels + rest, values, self.networks)
            made.update({str(e): found[str(e)] for e in expressions})
        return made

    def _show(self, step: int, player: Player, values: Values) -> Values:
        """What a player's sides hold this step, past samples swapped in where one has a buffer."""
        inputs: Values = {}
        for side in player.sides:
            sample = tuple(values[str(argument)] for argument in side.arguments)
            if side.buffer is not None:
                random = numpy_generator(self.seed, "buffer", side.name, step, self.rank)
                tensors = tuple(part for part in sample if isinstance(part, Tensor))
                sample = side.buffer.draw(tensors, random)
            inputs.update(zip(side.placeholders, sample, strict=True))
        return inputs

    def _freeze_all_but(self, index: int) -> None:
        """Only the mover's parameters get a gradient; others are run through, not trained."""
        for other, parameters in enumerate(self._moving):
            for parameter in parameters:
                parameter.requires_grad_(other == index)


def _float_type(sample: Values) -> torch.dtype:
    tensors = [v for v in sample.values() if isinstance(v, Tensor) and v.is_floating_point()]
    return tensors[0].dtype if tensors else torch.get_default_dtype()
