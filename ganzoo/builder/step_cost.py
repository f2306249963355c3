"""What a step of a recipe takes in memory and time, estimated before it is made.

The step is played on tensors without memory, with its optimizers and averages of weights. Its peak
of live bytes is exact; what a process takes for them, and how long a machine computes, are laws
fitted to measured trainings (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from ganzoo.builder.assemble import Assembly, assemble
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.experiment import CheckedRecipe
from ganzoo.builder.machine_speed import MachineSpeed
from ganzoo.builder.rules import averaged, make_optimizers
from ganzoo.builder.step_trace import StepTracer, Work, count_bytes
from ganzoo.builder.trial import a_turn_of_all, example, latent_shapes
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.engine.expressions import Values, flatten
from ganzoo.engine.player import Player
from ganzoo.engine.player_optimizer import AssignedOptimizer
from ganzoo.engine.step import Game
from ganzoo.interfaces.rule import StepCost

Context = Callable[[], AbstractContextManager[Any]]
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}
RESIDENT = 768 * 10**6  # bytes of a process that trains, before its tensors; measured
SPREAD = 1.25  # bytes that a process takes for each live one: freed memory lies in pieces
MEASURING = 150 * 10**6  # bytes that a process with metrics takes beside a step
SIMULATED = 2  # micro-batches of a step that are played; further ones are like the last


@dataclass(frozen=True)
class StepDemand:
    """What a step asks of any machine.

    held: bytes that are alive between steps: weights, averages, optimizer states and full
        histories. peak: the most that are alive within a step.
    work: what it computes. measuring: bytes of what metrics import, where the recipe has some.
    """

    held: int
    peak: int
    work: Work
    measuring: int = 0


@dataclass
class TracedMinimiser:
    """A player with its optimizers, as a training has them, and its share of a step's work."""

    player: Player
    optimizers: Sequence[AssignedOptimizer]
    autocast: Context
    tracer: StepTracer

    @property
    def module(self) -> Any:
        """The player in the precision of the recipe."""
        return self._forward

    @contextmanager
    def turn(self, last: bool) -> Iterator[None]:
        """Count what a player that rests in some steps computes only as often as it moves."""
        self.tracer.share = 1 / self.player.update_interval.every
        try:
            yield
        finally:
            self.tracer.share = 1.0

    def minimise(
        self, losses: Mapping[str, Tensor], factors: Mapping[str, float], share: float, last: bool
    ) -> None:
        """Backward, and after the last micro-batch the optimizers."""
        total = torch.stack([loss.reshape(()) for loss in losses.values()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        for assigned in self.optimizers if last else ():
            assigned.optimizer.step()
            assigned.optimizer.zero_grad(set_to_none=True)

    def _forward(self, *given: Any) -> Any:
        with self.autocast():
            return self.player(*given)


def estimate_step(checked: CheckedRecipe, speed: MachineSpeed, measured: bool = False) -> StepCost:
    """What a step of a recipe takes on a machine: bytes at its peak, and seconds.

    measured: whether it will have metrics, though it has none yet.
    """
    demand = measure_demand(checked)
    return price(replace(demand, measuring=MEASURING) if measured else demand, speed)


def price(demand: StepDemand, speed: MachineSpeed) -> StepCost:
    """What a demand costs on a machine."""
    return StepCost(count_memory(demand), sum(split_seconds(demand.work, speed)))


def split_seconds(work: Work, speed: MachineSpeed) -> tuple[float, float, float]:
    """The seconds of calls, of arithmetic, and of moving what products read and write."""
    arithmetic = work.flops / speed.flops + work.half_flops / speed.half_flops
    return work.calls * speed.call, arithmetic, work.moved / speed.bandwidth


def count_memory(demand: StepDemand, cpu: bool = True) -> int:
    """The bytes that are taken at the peak of a step.

    cpu: whether tensors lie beside the process itself; a GPU's memory holds them alone.
    """
    process = RESIDENT + demand.measuring if cpu else 0
    return int(process + SPREAD * demand.peak)


def measure_demand(checked: CheckedRecipe) -> StepDemand:
    """Play two steps of a recipe: the first makes what optimizers and averages hold later on."""
    blueprint, train = checked.blueprint, checked.blueprint.recipe.train
    half = HALF.get(train.precision)
    autocast: Context = (lambda: torch.autocast("cpu", half)) if half else nullcontext
    micro = min(train.accumulate, SIMULATED)
    tracer = StepTracer()
    with FakeTensorMode(allow_non_fake_inputs=True), tracer, weights_follow():
        assembly = assemble(blueprint, "cpu", checked.place, start=False)
        assembly.freeze(checked.trial.idle)
        checked.trial.mark(assembly)
        minimisers = [
            TracedMinimiser(player.train(), make_optimizers(player, blueprint), autocast, tracer)
            for player in assembly.players
        ]
        latents = deepcopy(latent_shapes(blueprint))  # training's must not know of this
        game = Game(minimisers, assembly.networks, latents, 0, autocast=autocast)
        for _ in range(2):
            tracer.begin()
            _play(game, blueprint, micro)
    averages = _average_bytes(blueprint, assembly)
    more = averages + _history_bytes(assembly.players)
    more += (train.accumulate - micro) * _batch_bytes(blueprint)
    work = tracer.work.times(train.accumulate / micro)
    measuring = MEASURING if blueprint.metrics else 0
    return StepDemand(tracer.live + more, tracer.peak + more, work, measuring)


def _average_bytes(blueprint: Blueprint, assembly: Assembly) -> int:
    """The bytes of the networks that are averages of others."""
    networks = [assembly.networks[name] for name in averaged(blueprint, assembly)]
    return sum(count_bytes([*each.parameters(), *each.buffers()]) for each in networks)


def _play(game: Game, blueprint: Blueprint, micro: int) -> None:
    """Make a step in which every player moves."""
    samples = [_draw(blueprint) for _ in range(micro)]
    game.step(*a_turn_of_all(game.players, *samples), {})


def _draw(blueprint: Blueprint) -> Values:
    """A batch without its latents, which the game draws."""
    batch = example(blueprint.variables, blueprint.recipe.train.batch_size, "cpu")
    return {name: v for name, v in batch.items() if name not in blueprint.latent_samplers}


def _batch_bytes(blueprint: Blueprint) -> int:
    """What a micro-batch and the fakes that are kept for it hold; about as much again."""
    batch = example(blueprint.variables, blueprint.recipe.train.batch_size)
    return 2 * count_bytes(flatten(batch.values()))


def _history_bytes(players: Sequence[Player]) -> int:
    """What buffers hold when they are full, beyond what they hold after the steps played."""
    missing = 0
    for side in (side for player in players for side in player.sides):
        stored = side.buffer.state().values() if side.buffer else ()
        for samples in stored:
            most = getattr(side.buffer, "size", 0)
            missing += max(0, most - len(samples)) * count_bytes(samples[:1])
    return missing
