"""Collects all components whose state a training may change, by their names in checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganzoo.engine.memory import Memory, is_resting
from ganzoo.engine.player import collect_penalties
from ganzoo.interfaces import Latent

if TYPE_CHECKING:
    from ganzoo.engine.trainer import Trainer


def remember(trainer: Trainer, latents: Mapping[str, tuple[Latent, tuple[int, ...]]]) -> Memory:
    """The memory of a trainer's components in their present state."""
    memory = Memory(trainer.accelerator.device)
    for name, network in trainer.networks.items():
        memory.add(f"network/{name}", network, always=not is_resting(network))
    for player_optimizer in trainer.player_optimizers:
        player = player_optimizer.player
        for term in player.terms:
            memory.add(f"loss/{term.name}", term.loss)
        for name, penalty in collect_penalties(player.terms).items():
            memory.add(f"penalty/{name}", penalty)
        for number, each in enumerate(player_optimizer.optimizers):
            memory.add(f"optimizer/{player.name}/{number}", each.optimizer.optimizer)
    for name, (latent, _) in latents.items():
        memory.add(f"latent/{name}", latent)
    for name, factor in {"": trainer.rules.rate, **trainer.rules.weights}.items():
        memory.add(f"schedule/{name}", factor.schedule)
    for name, average in (trainer.ema.averages if trainer.ema else {}).items():
        memory.add(f"ema/{name}", average, always=True)
    for name, callback in trainer.own_callbacks.items():
        memory.add(f"callback/{name}", callback)
    return memory
