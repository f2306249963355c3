"""The loop: for each player: loss, backward, step. Accelerate does devices and processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ganzoo.engine.ema import Ema
from ganzoo.engine.expressions import Values
from ganzoo.engine.feed import Timetable, walk_batches
from ganzoo.engine.memory import Memory, is_resting
from ganzoo.engine.meter import Meter
from ganzoo.engine.player import Player, collect_penalties
from ganzoo.engine.player_optimizer import AssignedOptimizer, PlayerOptimizer
from ganzoo.engine.scheduled import Factor
from ganzoo.engine.step import SHARED, Draws, Game, is_turn, stream_of
from ganzoo.engine.stop_sync import StopSync
from ganzoo.engine.workers import Abandoned, ChildSignal, Workers
from ganzoo.interfaces import Data, Latent, Progress


class Observer(Protocol):
    """Who is told what happens; the run folder and the progress display are two."""

    def on_step(self, step: int) -> None:
        """A step was made; `step` is how many there are now."""

    def on_log(self, record: dict[str, Any]) -> None:
        """Losses were read back."""

    def on_samples(self, step: int) -> None:
        """It is time for a picture."""


@dataclass(frozen=True)
class Rules:
    """How the game is played, beside its players.

    rate: of all learning rates. weights: of scheduled terms, by name.
    optimizers_of: makes a player's optimizers. averages: of weights, where some are kept.
    compiled: run players through torch.compile where that is possible.
    """

    rate: Factor
    optimizers_of: Callable[[Player], Sequence[AssignedOptimizer]]
    weights: Mapping[str, Factor] = field(default_factory=dict)
    averages: Ema | None = None
    compiled: bool = False


class Trainer:
    """Plays a recipe's game to its end, or until it is asked to stop.

    players: in the order in which they move.
    networks: every network by name; those outside players are frozen.
    dtype: of weights: float32, or float64 for tests of equality.
    batch_hook, where there is one, is shown what each step is played on.
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
    ) -> None:
        self.timetable, self.data, self.rules = timetable, data, rules
        self.accelerator, self.dtype, self.networks = accelerator, dtype, networks
        averages = rules.averages.averages if rules.averages else {}
        for network in [*networks.values(), *averages.values()]:
            network.to(accelerator.device, dtype)
        self.player_optimizers = [self._prepare(player.to(dtype=dtype)) for player in players]
        self.ema = rules.averages
        self.game = Game(
            self.player_optimizers, networks, latents, timetable.seed, accelerator.process_index,
            accelerator.autocast,
        )  # fmt: skip
        self.memory = self._remember(latents)
        self.meter = Meter(accelerator)
        self.done = 0
        self.stop = False
        self.waiting = self.moving = False
        self.workers = Workers()
        self.stop_sync = StopSync(accelerator)
        self.batch_hook: Callable[[Draws], None] | None = None

    @property
    def batches_a_step(self) -> int:
        """Micro-batches a step over all processes."""
        return self.timetable.accumulate * int(self.accelerator.num_processes)

    @property
    def images_a_step(self) -> int:
        """Samples a step over all processes."""
        return self.timetable.batch_size * self.batches_a_step

    def progress(self, step: int) -> Progress:
        """Where a step stands in the training."""
        length = len(self.data)
        epochs = self.timetable.steps * self.images_a_step / length
        return Progress(step, self.timetable.steps, step * self.images_a_step // length, epochs)

    def run(self, observers: Sequence[Observer], save: Callable[[int], None]) -> None:
        """Train from `done` to the plan's end; a stop is obeyed between steps, after a save.

        Raises:
            Abandoned: a stop was asked for, and what the next step needs does not come.
        """
        batches = self.batches()
        try:
            self._play(batches, observers, save)
        except (Abandoned, KeyboardInterrupt):
            self.workers.kill()  # who hangs would be waited for below
            raise
        except (ConnectionError, EOFError):
            self.workers.await_one()  # whose end this may be, before it can be asked how
            raise
        finally:
            batches.close()
            self.workers.kill()

    def _play(
        self, batches: Iterator[Draws], observers: Sequence[Observer], save: Callable[[int], None]
    ) -> None:
        timetable, child_signal = self.timetable, ChildSignal()
        while (draws := self._wait_for(batches)) is not None:
            child_signal.silence()
            self.train_step(draws)
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
        for player_optimizer in self.player_optimizers:
            player_optimizer.set_rate(rate)
        draws = {name: [self._cast(sample) for sample in draw] for name, draw in draws.items()}
        if self.batch_hook:
            self.batch_hook(draws)
        self.meter.add(self.game.step(self.done, draws, factors))
        if self.ema:
            self.ema.update()
        self.done += 1
        self.moving = False

    def _remember(self, latents: Mapping[str, tuple[Latent, tuple[int, ...]]]) -> Memory:
        """Everything that training may change, by the names that checkpoints give it."""
        memory = Memory(self.accelerator.device)
        for name, network in self.networks.items():
            memory.add(f"network/{name}", network, always=not is_resting(network))
        for player_optimizer in self.player_optimizers:
            player = player_optimizer.player
            for term in player.terms:
                memory.add(f"loss/{term.name}", term.loss)
            for name, penalty in collect_penalties(player.terms).items():
                memory.add(f"penalty/{name}", penalty)
            for number, each in enumerate(player_optimizer.optimizers):
                memory.add(f"optimizer/{player.name}/{number}", each.optimizer.optimizer)
        for name, (latent, _) in latents.items():
            memory.add(f"latent/{name}", latent)
        for name, factor in {"": self.rules.rate, **self.rules.weights}.items():
            memory.add(f"schedule/{name}", factor.schedule)
        for name, average in (self.ema.averages if self.ema else {}).items():
            memory.add(f"ema/{name}", average, always=True)
        return memory

    def _prepare(self, player: Player) -> PlayerOptimizer:
        player.train()
        if self.rules.compiled and not player.double_backward:
            player.compile()
        planned = self.rules.optimizers_of(player)
        module, *optimizers = self.accelerator.prepare(player, *(o.optimizer for o in planned))
        prepared = [replace(o, optimizer=p) for o, p in zip(planned, optimizers, strict=True)]
        return PlayerOptimizer(player, module, prepared, self.accelerator)

    def batches(self) -> Generator[Draws, None, None]:
        """What this process plays each step on, from the next step to the last."""
        fresh = [player for player in self.game.players if player.update_interval.fresh]
        walks = {stream_of(player): (player, self._walk(player)) for player in fresh}
        common = self._walk(None)
        for step in range(self.done, self.timetable.steps):
            draws = {SHARED: self._draw(common)}
            due = {name: walk for name, (player, walk) in walks.items() if is_turn(player, step)}
            yield draws | {name: self._draw(walk) for name, walk in due.items()}

    def _draw(self, walk: Iterator[Values]) -> list[Values]:
        return [next(walk) for _ in range(self.timetable.accumulate)]

    def _walk(self, player: Player | None) -> Iterator[Values]:
        return walk_batches(
            self.data, self.timetable, self.done, self.accelerator, self.workers, player
        )

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
            "lr": {o.player.name: o.rates()[0] for o in self.player_optimizers},
            **self.meter.read(),
            "time": round(time.time(), 3),
        }
        for observer in observers:
            observer.on_log(record)

    def _asked_to_stop(self) -> bool:
        """Whether this process, or any other, was asked; all stop at the same step."""
        return self.stop_sync.asked(self.done, self.stop)
