"""One step of the game: fakes are made before anyone moves, then each player moves in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ganzoo.engine.expressions import (
    Values,
    detach,
    evaluate,
    find_calls,
    flatten,
    full_precision,
    nest_like,
    plan,
)
from ganzoo.engine.fake_plan import FakePlan, plan_fakes
from ganzoo.engine.player import Player
from ganzoo.engine.rng import no_trace, numpy_generator, seed_torch, torch_generator
from ganzoo.expression import networks
from ganzoo.interfaces import Latent

Losses = dict[str, dict[str, Tensor]]
Draws = Mapping[str, Sequence[Values]]
"""What a step is played on: by stream, its micro-batches. A fresh player's stream has its name."""

SHARED = ""
"""The stream of all players but the fresh ones."""


def make_draws(*micro_batches: Values) -> Draws:
    """The draws of a step without fresh players."""
    return {SHARED: micro_batches}


class Minimiser(Protocol):
    """What moves a player: its module as Accelerate prepared it, and a way to minimise."""

    player: Player

    @property
    def module(self) -> nn.Module:
        """What runs; its `forward` is the player's."""

    def turn(self, last: bool) -> AbstractContextManager[Any]:
        """What surrounds a micro-batch; processes exchange gradients only in the last one."""

    def minimise(self, losses: Mapping[str, Tensor], share: float, last: bool) -> None:
        """Backward through that share of the weighted sum; after the last micro-batch, step."""


@dataclass
class Game:
    """The players of a recipe, ready to move.

    networks: every network by name, unprepared.
    latents: how to draw each, and the shape of one sample.
    rank: which process this is; each has its own chance.
    """

    minimisers: Sequence[Minimiser]
    networks: Mapping[str, nn.Module]
    latents: Mapping[str, tuple[Latent, tuple[int, ...]]]
    seed: int
    rank: int = 0
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext

    def __post_init__(self) -> None:
        self.players = [minimiser.player for minimiser in self.minimisers]
        self._moving = [list(player.trainable().values()) for player in self.players]
        self._fake_plans: dict[tuple[str, tuple[int, ...]], FakePlan] = {}

    def step(self, step: int, draws: Draws) -> Losses:
        """Let every player whose turn it is move once; losses by player, before their weights."""
        moving = tuple(i for i, p in enumerate(self.players) if is_turn(p, step))
        batches = {
            stream: [
                self._begin(step, stream, micro, values, moving)
                for micro, values in enumerate(samples)
            ]
            for stream, samples in draws.items()
        }
        losses: Losses = {}
        for index in moving:
            self._freeze_all_but(index)
            player = self.players[index]
            stream = stream_of(player)
            fake_plan = self._fake_plan(stream, moving)
            returns = fake_plan.returned if index == moving[0] else ()
            losses[player.name] = self._move(step, index, batches[stream], returns)
        return losses

    def _begin(
        self, step: int, stream: str, micro: int, sample: Values, moving: tuple[int, ...]
    ) -> Values:
        """A micro-batch with its latents, and the fakes that must be made ahead."""
        values = {**sample, **self._draw_latents((step, stream, micro), sample)}
        values.update(self._make_ahead(step, micro, self._fake_plan(stream, moving), values))
        return values

    def _move(
        self, step: int, index: int, batches: Sequence[Values], returns: Sequence[str]
    ) -> dict[str, Tensor]:
        """One player's turn: every micro-batch forward and backward, then its optimizers."""
        minimiser, count = self.minimisers[index], len(batches)
        sums: dict[str, Tensor] = {}
        for micro, values in enumerate(batches):
            inputs = {**values, **self._show((step, micro), minimiser.player, values)}
            seed_torch(self.seed, "play", step, index, self.rank, micro)
            last = micro == count - 1
            with minimiser.turn(last):
                found, made = minimiser.module(inputs, returns=returns)
                minimiser.minimise(found, 1 / count, last)
            values.update(made)
            sums = {name: sums.get(name, 0) + loss.detach() for name, loss in found.items()}
        return {name: total / count for name, total in sums.items()} if count > 1 else sums

    def _fake_plan(self, stream: str, moving: tuple[int, ...]) -> FakePlan:
        if (stream, moving) not in self._fake_plans:
            audience = {i for i, p in enumerate(self.players) if stream_of(p) == stream}
            self._fake_plans[stream, moving] = plan_fakes(self.players, moving, audience)
        return self._fake_plans[stream, moving]

    def _draw_latents(self, purpose: tuple[int, str, int], sample: Values) -> Values:
        first = next(iter(sample.values()))
        assert isinstance(first, Tensor)
        drawn: Values = {}
        for name, (latent, shape) in self.latents.items():
            rng = torch_generator(self.seed, "latent", name, *purpose, self.rank)
            latent_value = latent.draw((len(first), *shape), rng)
            if latent_value.is_floating_point():
                latent_value = latent_value.to(_float_type(sample))
            drawn[name] = latent_value.to(first.device)
        return drawn

    def _make_ahead(self, step: int, micro: int, fake_plan: FakePlan, values: Values) -> Values:
        made: Values = {}
        for index, expressions in fake_plan.ahead.items():
            player = self.players[index]
            own = tuple(e for e in expressions if str(e) in player.makes)
            levels = plan(own, values)
            rest = plan(expressions, {*values, *find_calls(own)})
            used = {name for e in expressions for name in networks(e)}
            with no_trace([self.networks[name] for name in used]), self.autocast():
                seed_torch(self.seed, "play", step, index, self.rank, micro)
                found = evaluate(levels + rest, values, self.networks)
            made.update({str(e): full_precision(detach(found[str(e)])) for e in expressions})
        return made

    def _show(self, purpose: tuple[int, int], player: Player, values: Values) -> Values:
        """What a player's sides hold this step, past samples swapped in where one has a buffer."""
        inputs: Values = {}
        for side in player.sides:
            sample = [values[str(argument)] for argument in side.arguments]
            if side.buffer is not None:
                rng = numpy_generator(self.seed, "buffer", side.name, *purpose, self.rank)
                sample = nest_like(sample, side.buffer.draw(flatten(sample), rng))
            inputs.update(zip(side.placeholders, sample, strict=True))
        return inputs

    def _freeze_all_but(self, index: int) -> None:
        """Only the moving player's parameters get a gradient; others are only run through."""
        for other, parameters in enumerate(self._moving):
            for parameter in parameters:
                parameter.requires_grad_(other == index)


def is_turn(player: Player, step: int) -> bool:
    """Whether a player moves on that step, counted from 0."""
    return (step + 1) % player.update_interval.every == 0


def stream_of(player: Player) -> str:
    """The stream whose batches a player is given."""
    return player.name if player.update_interval.fresh else SHARED


def _float_type(sample: Values) -> torch.dtype:
    tensors = [v for v in sample.values() if isinstance(v, Tensor) and v.is_floating_point()]
    return tensors[0].dtype if tensors else torch.get_default_dtype()
