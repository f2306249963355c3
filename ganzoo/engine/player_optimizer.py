"""What moves a player: its module and its optimizers as Accelerate prepared them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ganzoo.engine.player import Player


@dataclass(frozen=True)
class AssignedOptimizer:
    """An optimizer for some of a player's parameters.

    clip_norm: the largest norm of their gradient, taken together; None for no limit.
    """

    parameters: Mapping[str, nn.Parameter]
    optimizer: Any
    clip_norm: float | None = None


@dataclass
class PlayerOptimizer:
    """A player, ready to move.

    prepared: the player as it runs, wrapped where there are several processes.
    factors: what scheduled weights are multiplied by in this step, by term.
    """

    player: Player
    prepared: nn.Module
    optimizers: Sequence[AssignedOptimizer]
    accelerator: Accelerator
    factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rates = [[group["lr"] for group in o.optimizer.param_groups] for o in self.optimizers]

    @property
    def module(self) -> nn.Module:
        """What runs."""
        return self.prepared

    def turn(self, last: bool) -> AbstractContextManager[Any]:
        """Processes exchange gradients only in the last micro-batch."""
        if last:
            return nullcontext()
        quiet: AbstractContextManager[Any] = self.accelerator.no_sync(self.prepared)
        return quiet

    def minimise(self, losses: Mapping[str, Tensor], share: float, last: bool) -> None:
        """Backward through that share of the weighted sum; after the last micro-batch, step."""
        weights = self.player.weights
        factors = {n: f for n, f in self.factors.items() if n not in self.player.unscaled}
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
        """Scale the learning rate of every group."""
        for assigned, rates in zip(self.optimizers, self._rates, strict=True):
            for group, rate in zip(assigned.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def rates(self) -> list[float]:
        """The learning rate of each optimizer."""
        return [float(o.optimizer.param_groups[0]["lr"]) for o in self.optimizers]
