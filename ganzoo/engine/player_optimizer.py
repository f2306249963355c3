"""Trains a player: its module and its optimizers, as Accelerate prepared them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ganzoo.engine.player import Player


@dataclass(frozen=True)
class AssignedOptimizer:
    """An optimizer, and the parameters of a player that it updates.

    clip_norm: the largest norm of the gradient of all these parameters together; None: no limit.
    """

    parameters: Mapping[str, nn.Parameter]
    optimizer: Any
    clip_norm: float | None = None


@dataclass
class PlayerOptimizer:
    """Minimises a player's losses; a `Minimiser` of the game.

    prepared: the module to run: the player, wrapped if there are several processes.
    """

    player: Player
    prepared: nn.Module
    optimizers: Sequence[AssignedOptimizer]
    accelerator: Accelerator

    def __post_init__(self) -> None:
        self._rates = [
            [group["lr"] for group in assigned.optimizer.param_groups]
            for assigned in self.optimizers
        ]

    @property
    def module(self) -> nn.Module:
        """The module whose `forward` is called."""
        return self.prepared

    def turn(self, last: bool) -> AbstractContextManager[Any]:
        """The context of a micro-batch; processes exchange gradients only in the last one."""
        if last:
            return nullcontext()
        no_exchange: AbstractContextManager[Any] = self.accelerator.no_sync(self.prepared)
        return no_exchange

    def minimise(
        self, losses: Mapping[str, Tensor], factors: Mapping[str, float], share: float, last: bool
    ) -> None:
        """Backpropagate the weighted sum; after the last micro-batch, step the optimizers."""
        weights, unscaled = self.player.weights, self.player.unscaled
        factors = {name: factor for name, factor in factors.items() if name not in unscaled}
        weighted = [weights[n] * factors.get(n, 1.0) * loss for n, loss in losses.items()]
        self.accelerator.backward(torch.stack(weighted).sum() * share)
        if last:
            for assigned in self.optimizers:
                self._step(assigned)

    def _step(self, assigned: AssignedOptimizer) -> None:
        optimizer = assigned.optimizer
        if assigned.clip_norm is not None:
            self.accelerator.unscale_gradients(optimizer)
            nn.utils.clip_grad_norm_(assigned.parameters.values(), assigned.clip_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def set_rate(self, factor: float) -> None:
        """Multiply the initial learning rate of every parameter group by the factor."""
        for assigned, rates in zip(self.optimizers, self._rates, strict=True):
            for group, rate in zip(assigned.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def rates(self) -> list[float]:
        """The learning rate of each optimizer."""
        return [float(assigned.optimizer.param_groups[0]["lr"]) for assigned in self.optimizers]
