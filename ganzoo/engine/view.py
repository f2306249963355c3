"""A callback's view of a training: implements `Training` for the trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ganzoo.engine.gradient_norms import find_opponents, squared_norms
from ganzoo.errors import choices
from ganzoo.interfaces import Data, GradientNorms, Logits, Progress, Value

if TYPE_CHECKING:
    from ganzoo.engine.trainer import Trainer

DrawOutputs = Callable[[Mapping[str, Tensor], Sequence[str], int], dict[str, Value]]
"""A function (inputs by variable, names or none for all, seed) that computes outputs by name."""


@dataclass(frozen=True)
class TrainingView:
    """One callback's view of a trainer; see `ganzoo.interfaces.Training`."""

    trainer: Trainer
    name: str

    @property
    def step(self) -> int:
        """The number of steps made."""
        return self.trainer.done

    @property
    def steps(self) -> int:
        """The number of steps of the whole training."""
        return self.trainer.timetable.steps

    @property
    def progress(self) -> Progress:
        """The position of the present step in the training."""
        return self.trainer.progress(self.trainer.done)

    @property
    def images_a_step(self) -> int:
        """Samples per step, over all micro-batches and processes."""
        return self.trainer.images_a_step

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """Every network by name."""
        return self.trainer.networks

    @property
    def losses(self) -> Mapping[str, Mapping[str, Tensor]]:
        """The losses of the last step."""
        return self.trainer.losses

    @property
    def logits(self) -> Mapping[str, Logits]:
        """The logits of the last step."""
        return self.trainer.game.logits

    @property
    def data(self) -> Data:
        """The prepared data."""
        return self.trainer.data

    @property
    def device(self) -> torch.device:
        """The device of this process's networks."""
        device: torch.device = self.trainer.accelerator.device
        return device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and prints messages."""
        return bool(self.trainer.accelerator.is_main_process)

    @property
    def opponents(self) -> Mapping[str, Sequence[str]]:
        """The terms that pull at an adversarial term's fakes, by its name."""
        opponents = find_opponents(self.trainer.game.players).items()
        return {name: [term.name for term in against] for name, against in opponents}

    def outputs(
        self, inputs: Mapping[str, Tensor], names: Sequence[str] = (), seed: int = 0
    ) -> dict[str, Value]:
        """The recipe's outputs for inputs (N, ...)."""
        return self.trainer.draw_outputs(inputs, names, seed)

    def mean(self, value: Tensor) -> Tensor:
        """The average of a tensor over all processes."""
        if self.trainer.accelerator.num_processes == 1:
            return value
        averaged: Tensor = self.trainer.accelerator.reduce(value, "mean")
        return averaged

    def adjust(self, network: str, setting: str, value: float) -> None:
        """Change an adjustable setting, of a network and of the average of its weights."""
        networks = self.trainer.networks
        if network not in networks:
            raise ValueError(f"there is no network '{network}'.{choices(network, networks)}")
        allowed = getattr(networks[network], "adjustable", ())
        if setting not in allowed:
            kind = type(networks[network]).__name__
            known = f"only {', '.join(allowed)}" if allowed else "nothing"
            raise ValueError(f"'{setting}' of {network} cannot be adjusted: {kind} allows {known}")
        averages = self.trainer.ema.averages if self.trainer.ema else {}
        for module in (networks[network], averages.get(network)):
            if module is not None:
                _set(module, setting, value)

    def gradient_norms(self) -> dict[str, GradientNorms]:
        """The norms of gradients at fakes, by adversarial term, averaged over all processes."""
        squares = squared_norms(self.trainer.game, self.trainer.done)
        roots = {term: self.mean(both).sqrt().tolist() for term, both in squares.items()}
        return {term: GradientNorms(*both) for term, both in roots.items()}

    def scale_weight(self, term: str, factor: float) -> None:
        """Multiply the weight of a term by a factor, in place of the factor before."""
        terms = {name for player in self.trainer.game.players for name in player.weights}
        if term not in terms:
            raise ValueError(f"there is no term '{term}'.{choices(term, sorted(terms))}")
        self.trainer.scales[term] = factor

    def stop(self, reason: str) -> None:
        """Ask the training to save and stop."""
        self.trainer.ask_to_stop(f"callbacks.{self.name}: {reason}" if self.name else reason)

    def say(self, text: str) -> None:
        """Print a line; only the main process does."""
        if self.is_main:
            self.trainer.say(text)


@torch.no_grad()
def _set(module: nn.Module, setting: str, value: float) -> None:
    """Set an attribute of a module; a tensor, such as a buffer, is changed in place."""
    held = getattr(module, setting, None)
    if isinstance(held, Tensor):
        held.fill_(value)
    else:
        setattr(module, setting, value)
