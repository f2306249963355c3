"""One step of the game: fakes are made first, then the players move one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ganzoo.engine.cuda import send
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
from ganzoo.engine.terms import Sides
from ganzoo.expression import networks
from ganzoo.interfaces import Latent, Logits

LossesByPlayer = dict[str, dict[str, Tensor]]
Draws = Mapping[str, Sequence[Values]]
"""The data of a step: the micro-batches of each stream. A fresh player's stream is its name.
"""

SHARED = ""
"""The name of the stream that all players but the fresh ones share."""


def make_draws(*micro_batches: Values) -> Draws:
    """Make the draws of a step in which no player is fresh."""
    return {SHARED: micro_batches}


class Minimiser(Protocol):
    """Trains one player: runs its module and minimises the losses that come out."""

    player: Player

    @property
    def module(self) -> nn.Module:
        """The module whose `forward` is called: the player, or Accelerate's wrapper of it."""

    def turn(self, last: bool) -> AbstractContextManager[Any]:
        """The context of a micro-batch; processes exchange gradients only in the last one."""

    def minimise(
        self, losses: Mapping[str, Tensor], factors: Mapping[str, float], share: float, last: bool
    ) -> None:
        """Backpropagate the weighted sum; after the last micro-batch, step the optimizers.

        losses: scalars by name, before their weights.
        factors: the factors of scheduled weights in this step, by term.
        share: the factor of the whole sum: one over the number of micro-batches.
        """


@dataclass
class Game:
    """The players of a recipe, ready for steps.

    networks: every network by name, as the recipe built it, without Accelerate's wrapper.
    latents: by name, the component that draws it and the shape of one sample.
    rank: the number of this process; each process draws its own random numbers.
    keeps_logits: whether to keep the logits of the last step's adversarial terms in `logits`.
    keeps_values: whether to keep data and latents of the last step's shared batches in `values`.
    """

    minimisers: Sequence[Minimiser]
    networks: Mapping[str, nn.Module]
    latents: Mapping[str, tuple[Latent, tuple[int, ...]]]
    seed: int
    rank: int = 0
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    keeps_logits: bool = False
    logits: dict[str, Logits] = field(default_factory=dict)
    keeps_values: bool = False
    values: list[Values] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.players = [minimiser.player for minimiser in self.minimisers]
        self._parameters = [list(player.trainable().values()) for player in self.players]
        self._fake_plans: dict[tuple[str, tuple[int, ...]], FakePlan] = {}

    def step(self, step: int, draws: Draws, factors: Mapping[str, float]) -> LossesByPlayer:
        """Let every player whose turn it is move once.

        step: the number of steps made before.
        factors: the factors of scheduled weights, by term.
        Returns scalars by player and term, before their weights.
        """
        moving = tuple(i for i, p in enumerate(self.players) if is_turn(p, step))
        self.values = []
        batches = {
            stream: [
                self._begin(step, stream, micro, values, moving)
                for micro, values in enumerate(samples)
            ]
            for stream, samples in draws.items()
        }
        losses: LossesByPlayer = {}
        self.logits = {}
        for index in moving:
            self._freeze_all_but(index)
            player = self.players[index]
            stream = stream_of(player)
            returns = self._plan_fakes(stream, moving).returned if index == moving[0] else ()
            losses[player.name] = self._move(step, index, batches[stream], factors, returns)
        return losses

    def _begin(
        self, step: int, stream: str, micro: int, sample: Values, moving: tuple[int, ...]
    ) -> Values:
        """The values of a micro-batch: its data, its latents, and the fakes that are made ahead."""
        values = {**sample, **self._draw_latents((step, stream, micro), sample)}
        if self.keeps_values and stream == SHARED:
            self.values.append(dict(values))
        values.update(self._make_ahead(step, micro, self._plan_fakes(stream, moving), values))
        return values

    def _move(
        self,
        step: int,
        index: int,
        batches: Sequence[Values],
        factors: Mapping[str, float],
        returns: Sequence[str],
    ) -> dict[str, Tensor]:
        """Play one player's turn: each micro-batch forward and backward, then its optimizers."""
        minimiser, count = self.minimisers[index], len(batches)
        sums: dict[str, Tensor] = {}
        logits: list[dict[str, Sides]] = []
        for micro, values in enumerate(batches):
            inputs = {**values, **self._fill_sides((step, micro), minimiser.player, values)}
            seed_torch(self.seed, "play", step, index, self.rank, micro)
            last = micro == count - 1
            with minimiser.turn(last):
                losses, fakes, sides = minimiser.module(inputs, returns, self.keeps_logits)
                minimiser.minimise(losses, factors, 1 / count, last)
            values.update(fakes)
            sums = {name: sums.get(name, 0) + loss.detach() for name, loss in losses.items()}
            logits.append(sides)
        self.logits |= {name: joined([each[name] for each in logits]) for name in logits[0]}
        return {name: total / count for name, total in sums.items()} if count > 1 else sums

    def _plan_fakes(self, stream: str, moving: tuple[int, ...]) -> FakePlan:
        if (stream, moving) not in self._fake_plans:
            audience = {i for i, p in enumerate(self.players) if stream_of(p) == stream}
            self._fake_plans[stream, moving] = plan_fakes(self.players, moving, audience)
        return self._fake_plans[stream, moving]

    def _draw_latents(self, purpose: tuple[int, str, int], sample: Values) -> Values:
        first = next(iter(sample.values()))
        assert isinstance(first, Tensor)
        latents: Values = {}
        for name, (latent, shape) in self.latents.items():
            rng = torch_generator(self.seed, "latent", name, *purpose, self.rank)
            value = latent.draw((len(first), *shape), rng)
            if value.is_floating_point():
                value = value.to(_float_type(sample))
            latents[name] = send(value, first.device)
        return latents

    def _make_ahead(self, step: int, micro: int, fake_plan: FakePlan, values: Values) -> Values:
        """Make the fakes that no moving player returns, detached; networks stay as they were.

        The calls that a player evaluates first run first here, too, so that they draw the same
        random numbers as in its forward pass.
        """
        fakes: Values = {}
        for index, expressions in fake_plan.ahead.items():
            player = self.players[index]
            own = tuple(e for e in expressions if str(e) in player.makes)
            levels = plan(own, values)
            rest = plan(expressions, {*values, *find_calls(own)})
            used = {name for e in expressions for name in networks(e)}
            with no_trace([self.networks[name] for name in used]), self.autocast():
                seed_torch(self.seed, "play", step, index, self.rank, micro)
                computed = evaluate(levels + rest, values, self.networks)
            fakes.update({str(e): full_precision(detach(computed[str(e)])) for e in expressions})
        return fakes

    def _fill_sides(self, purpose: tuple[int, int], player: Player, values: Values) -> Values:
        """The samples of a player's sides in this step; a buffer may replace them by past ones."""
        inputs: Values = {}
        for side in player.sides:
            sample = [values[str(argument)] for argument in side.arguments]
            if side.buffer is not None:
                rng = numpy_generator(self.seed, "buffer", side.name, *purpose, self.rank)
                sample = nest_like(sample, side.buffer.draw(flatten(sample), rng))
            inputs.update(zip(side.placeholders, sample, strict=True))
        return inputs

    def _freeze_all_but(self, index: int) -> None:
        """Let only this player's parameters get a gradient; gradients still pass through others."""
        for other, parameters in enumerate(self._parameters):
            for parameter in parameters:
                parameter.requires_grad_(other == index)


def joined(sides: Sequence[Sides]) -> Logits:
    """Join the logits of all micro-batches of a step; a copy, as CUDA graphs reuse their memory."""
    real, fake = (
        [torch.cat(scale) for scale in zip(*each, strict=True)]
        for each in ([side[name] for side in sides] for name in ("real", "fake"))
    )
    return Logits(real, fake)


def is_turn(player: Player, step: int) -> bool:
    """Whether a player moves in a step; steps are counted from 0."""
    return (step + 1) % player.update_interval.every == 0


def stream_of(player: Player) -> str:
    """The name of the stream that a player gets its batches from."""
    return player.name if player.update_interval.fresh else SHARED


def _float_type(sample: Values) -> torch.dtype:
    tensors = [v for v in sample.values() if isinstance(v, Tensor) and v.is_floating_point()]
    return tensors[0].dtype if tensors else torch.get_default_dtype()
