"""The loop: for each player: loss, backward, step. Accelerate does devices and processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ganzoo.interfaces import Data, Latent, Progress, Schedule
from ganzoo.play.loader import Batches, make_loader
from ganzoo.play.meter import Meter
from ganzoo.play.objective import Values
from ganzoo.play.players import Player
from ganzoo.play.step import Game

SYNC_EVERY = 10  # steps between looks at whether any process was asked to stop


@dataclass(frozen=True)
class Timetable:
    """The numbers of a training, all in steps.

    batch_size: samples a step in each process.
    every: how often to log, draw samples and write a checkpoint.
    """

    steps: int
    batch_size: int
    seed: int
    workers: int
    log_every: int
    samples_every: int
    checkpoint_every: int


class Observer(Protocol):
    """Who is told what happens; the run folder and the progress display are two."""

    def on_step(self, step: int) -> None:
        """A step was made; `step` is how many there are now."""

    def on_log(self, record: dict[str, Any]) -> None:
        """Losses were read back."""

    def on_samples(self, step: int) -> None:
        """It is time for a picture."""


@dataclass
class Mover:
    """A player as Accelerate prepared it."""

    player: Player
    prepared: nn.Module
    optimizer: Any
    base_rates: list[float]
    accelerator: Accelerator

    @property
    def module(self) -> nn.Module:
        """What runs: the player, wrapped where there are several processes."""
        return self.prepared

    def minimise(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Backward and step; returns the weighted sum."""
        weights = self.player.weights
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self.accelerator.backward(total)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total.detach()

    def set_rate(self, factor: float) -> None:
        """Scale the learning rate of every group."""
        for group, base in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = base * factor


class Trainer:
    """Plays a recipe's game to its end, or until it is asked to stop.

    players: in the order in which they move.
    optimizers: makes a player's optimizer from its parameters.
    networks: every network by name; those outside players are frozen.
    dtype: float32, or float64 for tests of equality.
    """

    def __init__(
        self,
        players: Sequence[Player],
        networks: Mapping[str, nn.Module],
        optimizers: Callable[[Player], torch.optim.Optimizer],
        schedule: Schedule,
        data: Data,
        latents: Mapping[str, tuple[Latent, tuple[int, ...]]],
        timetable: Timetable,
        accelerator: Accelerator,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.timetable, self.data, self.schedule = timetable, data, schedule
        self.accelerator, self.dtype, self.networks = accelerator, dtype, networks
        for network in networks.values():
            network.to(accelerator.device, dtype)
        self.movers = [self._prepare(player.to(dtype=dtype), optimizers) for player in players]
        self.game = Game(
            self.movers, networks, latents, timetable.seed, accelerator.process_index,
            accelerator.autocast,
        )  # fmt: skip
        self.meter = Meter(accelerator)
        self.done = 0
        self.stop = False

    @property
    def images_a_step(self) -> int:
        """Samples a step over all processes."""
        return self.timetable.batch_size * int(self.accelerator.num_processes)

    def progress(self, step: int) -> Progress:
        """Where a step stands in the training."""
        length = len(self.data)
        epochs = self.timetable.steps * self.images_a_step / length
        return Progress(step, self.timetable.steps, step * self.images_a_step // length, epochs)

    def run(self, observers: Sequence[Observer], save: Callable[[int], None]) -> None:
        """Train from `done` to the plan's end; a stop is obeyed between steps, after a save."""
        timetable = self.timetable
        for sample in self.batches():
            self.train_step(sample)
            for observer in observers:
                observer.on_step(self.done)
            if self._is_due(timetable.log_every):
                self._log(observers)
            if self._is_due(timetable.samples_every):
                for observer in observers:
                    observer.on_samples(self.done)
            stop = self._asked_to_stop()
            if stop or self._is_due(timetable.checkpoint_every):
                save(self.done)
            if stop:
                break

    def train_step(self, sample: Values) -> None:
        """One step of the game on one batch."""
        factor = self.schedule.factor(self.progress(self.done))
        for mover in self.movers:
            mover.set_rate(factor)
        self.meter.add(self.game.step(self.done, self._cast(sample)))
        self.done += 1

    def _prepare(
        self, player: Player, optimizers: Callable[[Player], torch.optim.Optimizer]
    ) -> Mover:
        player.train()
        optimizer = optimizers(player)
        rates = [group["lr"] for group in optimizer.param_groups]
        module, prepared = self.accelerator.prepare(player, optimizer)
        return Mover(player, module, prepared, rates, self.accelerator)

    def batches(self) -> Any:
        """This process's batches, from the next step to the last."""
        processes = self.accelerator.num_processes
        batches = Batches(
            len(self.data), self.timetable.batch_size, self.timetable.seed,
            self.done * processes, self.timetable.steps * processes,
        )  # fmt: skip
        return self.accelerator.prepare(make_loader(self.data, batches, self.timetable.workers))

    def _is_due(self, every: int) -> bool:
        return self.done % every == 0 or self.done == self.timetable.steps

    def _cast(self, sample: Values) -> Values:
        return {
            name: v.to(self.dtype) if isinstance(v, Tensor) and v.is_floating_point() else v
            for name, v in sample.items()
        }

    def _log(self, observers: Sequence[Observer]) -> None:
        progress = self.progress(self.done)
        record = {
            "step": self.done,
            "epoch": progress.epoch,
            "images": self.done * self.images_a_step,
            "lr": {m.player.name: m.optimizer.param_groups[0]["lr"] for m in self.movers},
            **self.meter.read(),
            "time": round(time.time(), 3),
        }
        for observer in observers:
            observer.on_log(record)

    def _asked_to_stop(self) -> bool:
        """Whether this process, or any other, was asked; all stop at the same step."""
        if self.accelerator.num_processes == 1:
            return self.stop
        if self.done % SYNC_EVERY:
            return False
        asked = torch.tensor([int(self.stop)], device=self.accelerator.device)
        return bool(self.accelerator.reduce(asked).item())
