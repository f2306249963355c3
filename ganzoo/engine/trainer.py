"""The loop: for each player: loss, backward, step. Accelerate handles devices and processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ganzoo.engine.callbacks import Attached, Callbacks
from ganzoo.engine.cuda import begin_step, compile_player, place_network
from ganzoo.engine.expressions import Values
from ganzoo.engine.feed import Timetable, draws
from ganzoo.engine.game_rules import Rules
from ganzoo.engine.meter import Meter
from ganzoo.engine.player import Player
from ganzoo.engine.player_optimizer import PlayerOptimizer
from ganzoo.engine.remembered import remember
from ganzoo.engine.step import Draws, Game, LossesByPlayer
from ganzoo.engine.stop_sync import StopSync
from ganzoo.engine.view import DrawOutputs, TrainingView
from ganzoo.engine.workers import Abandoned, ChildSignal, Workers
from ganzoo.interfaces import Callback, Data, Latent, Progress, Scores

CheckpointFolder = Callable[[int], Path]
Given = Sequence[Callback | Attached]


class Trainer:
    """Trains a recipe's players to the end, or until it is asked to stop.

    players: in the order in which they move.
    networks: every network by name; those outside players are frozen.
    dtype: of weights: float32, or float64 for tests of equality.
    own_callbacks: the recipe's, by name; they come after those that `run` is given.
    draw_outputs: gives callbacks the recipe's outputs.
    batch_hook, where there is one, is shown what each step is played on.
    say: prints a line for whoever waits.
    """

    def __init__(
        self,
        players: Sequence[Player],
        networks: Mapping[str, nn.Module],
        rules: Rules,
        data: Data,
        latents: Mapping[str, tuple[Latent, tuple[int, ...]]],
        timetable: Timetable,
        accelerator: Accelerator,
        dtype: torch.dtype = torch.float32,
        own_callbacks: Mapping[str, Callback] | None = None,
        draw_outputs: DrawOutputs = lambda inputs, names, seed: {},
    ) -> None:
        self.timetable, self.data, self.rules = timetable, data, rules
        self.accelerator, self.dtype, self.networks = accelerator, dtype, networks
        averages = rules.averages.averages if rules.averages else {}
        for network in [*networks.values(), *averages.values()]:
            place_network(network, accelerator.device, dtype, rules.channels_last)
        self.player_optimizers = [self._prepare(player.to(dtype=dtype)) for player in players]
        self.ema = rules.averages
        rank, autocast = accelerator.process_index, accelerator.autocast
        self.game = Game(self.player_optimizers, networks, latents, timetable.seed, rank, autocast)
        self.own_callbacks, self.draw_outputs = own_callbacks or {}, draw_outputs
        self.callbacks = Callbacks([])
        self.say: Callable[[str], None] = print
        self.memory = remember(self, latents)
        self.meter = Meter(accelerator)
        self.losses: LossesByPlayer = {}
        self.scales: dict[str, float] = {}
        self.done = 0
        self.stop, self.stop_reason = False, ""
        self.waiting = self.moving = False
        self.workers = Workers()
        self.stop_sync = StopSync(accelerator)
        self.batch_hook: Callable[[Draws], None] | None = None

    @property
    def batches_a_step(self) -> int:
        """Micro-batches per step over all processes."""
        return self.timetable.accumulate * int(self.accelerator.num_processes)

    @property
    def images_a_step(self) -> int:
        """Samples per step over all processes."""
        return self.timetable.batch_size * self.batches_a_step

    def progress(self, step: int) -> Progress:
        """The position of a step in the training."""
        length = len(self.data)
        epochs = self.timetable.steps * self.images_a_step / length
        return Progress(step, self.timetable.steps, step * self.images_a_step // length, epochs)

    def run(
        self,
        callbacks: Sequence[Callback | Attached] = (),
        checkpoint: CheckpointFolder | None = None,
    ) -> None:
        """Train to the plan's end, or to a stop, and tell the callbacks that it is over.

        Raises:
            Abandoned: see `play`.
        """
        self.play(callbacks, checkpoint)
        self.end()

    def play(self, callbacks: Given, checkpoint: CheckpointFolder | None = None) -> None:
        """Train from step `done` to the last. A stop is obeyed between steps, after a checkpoint.

        callbacks: called in this order, and before the recipe's own.
        checkpoint: names the folder of a step's checkpoint; None makes none.

        Raises:
            Abandoned: a stop was asked for, and what the next step needs does not come.
        """
        given = [each if isinstance(each, Attached) else Attached(each) for each in callbacks]
        own = [Attached(callback, name) for name, callback in self.own_callbacks.items()]
        self.callbacks = Callbacks([*given, *own], lambda name: TrainingView(self, name))
        self.game.keeps_logits = self.callbacks.needs_logits
        self.game.keeps_values = self.callbacks.needs_gradients
        self.callbacks.call("on_start")
        if self.done == 0:
            self.callbacks.call("on_samples")
        batches = self.batches()
        try:
            self._play(batches, checkpoint)
        except (Abandoned, KeyboardInterrupt):
            self.workers.kill()  # who hangs would be waited for below
            raise
        except (ConnectionError, EOFError):
            self.workers.await_one()  # whose end this may be, before it can be asked how
            raise
        finally:
            batches.close()
            self.workers.kill()

    def _play(self, batches: Iterator[Draws], checkpoint: CheckpointFolder | None) -> None:
        timetable, child_signal, callbacks = self.timetable, ChildSignal(), self.callbacks
        while (batch := self._wait_for(batches)) is not None:
            child_signal.silence()
            self.train_step(batch)
            callbacks.call("on_step")
            if self._is_due(timetable.log_every):
                callbacks.call("on_log", self._log_entry())
            if self._is_due(timetable.samples_every):
                callbacks.call("on_samples")
            stop = self.stop_sync.asked(self.done, self.stop)  # all processes stop at the same step
            if checkpoint and (stop or self._is_due(timetable.checkpoint_every)):
                callbacks.call("on_checkpoint", checkpoint(self.done))
            if stop:
                break

    def end(self) -> None:
        """Tell the callbacks that training is over."""
        self.callbacks.call("on_end")

    def evaluated(self, scores: Scores) -> None:
        """Tell the callbacks what an evaluation gave; all processes must do so."""
        self.callbacks.call("on_evaluation", scores)

    def ask_to_stop(self, reason: str = "") -> None:
        """Stop after this step; the first reason that is given counts."""
        self.stop = True
        self.stop_reason = self.stop_reason or reason

    def _wait_for(self, batches: Iterator[Draws]) -> Draws | None:
        """What the next step is played on; None after the last."""
        self.waiting = True
        try:
            return next(batches, None)
        finally:
            self.waiting = False

    def train_step(self, draws: Draws) -> None:
        """One step of the game; if it fails, `moving` stays true: some weights have not moved."""
        self.moving = True
        progress = self.progress(self.done)
        rate = self.rules.rate.at(progress)
        factors = {term: factor.at(progress) for term, factor in self.rules.weights.items()}
        factors |= {term: factors.get(term, 1.0) * scale for term, scale in self.scales.items()}
        for player_optimizer in self.player_optimizers:
            player_optimizer.set_rate(rate)
        batches = {name: [self._cast(sample) for sample in draw] for name, draw in draws.items()}
        if self.batch_hook:
            self.batch_hook(batches)
        with begin_step(self.accelerator.device, self.rules.compiled):
            self.losses = self.game.step(self.done, batches, factors)
        self.meter.add(self.losses)
        if self.ema:
            self.ema.update()
        self.done += 1
        self.moving = False

    def _prepare(self, player: Player) -> PlayerOptimizer:
        player.train()
        if self.rules.compiled and not player.double_backward:
            compile_player(player, self.accelerator.device)
        planned = self.rules.optimizers_of(player)
        module, *optimizers = self.accelerator.prepare(player, *(o.optimizer for o in planned))
        prepared = [replace(o, optimizer=p) for o, p in zip(planned, optimizers, strict=True)]
        return PlayerOptimizer(player, module, prepared, self.accelerator)

    def batches(self) -> Generator[Draws, None, None]:
        """What this process plays each step on, from the next step to the last."""
        players = self.game.players
        sources = self.data, self.timetable, self.done, self.accelerator, self.workers
        return draws(players, *sources, self.rules.augmentations)

    def _is_due(self, every: int) -> bool:
        return self.done % every == 0 or self.done == self.timetable.steps

    def _cast(self, sample: Values) -> Values:
        return {
            name: v.to(self.dtype) if isinstance(v, Tensor) and v.is_floating_point() else v
            for name, v in sample.items()
        }

    def _log_entry(self) -> dict[str, Any]:
        progress = self.progress(self.done)
        entry = {
            "step": self.done,
            "epoch": progress.epoch,
            "images": self.done * self.images_a_step,
            "lr": {o.player.name: o.rates()[0] for o in self.player_optimizers},
            **self.meter.read(),
            "time": round(time.time(), 3),
        }
        self.callbacks.add_log_values(entry)
        return entry
