"""One step on the meta device: shapes without memory or arithmetic.

It finds wires whose shapes do not fit, parameters that no term reaches, and the step's FLOPs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.builder.assemble import Assembly
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.labels import label_fault
from ganzoo.builder.misfits import explain, format_shape, misfit
from ganzoo.builder.tried import Gradients
from ganzoo.engine.expressions import Values, find_callee
from ganzoo.engine.player import Player
from ganzoo.engine.step import SHARED, Draws, Game, stream_of
from ganzoo.engine.terms import Term
from ganzoo.errors import Fault, RecipeError, first_line
from ganzoo.expression import Call, Expression, walk
from ganzoo.interfaces import Latent, Variable

# What torch and a component raise where shapes or kinds of values do not fit.
MISFITS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError)


@dataclass
class Trial:
    """What one step showed.

    idle: by player, the parameters that got no gradient.
    flops: floating-point operations of a step, forward and backward; 0 if not counted.
    shapes: of every wire, by its text.
    differentiates: heads that take gradients inside, as (network, head).
    losses: terms whose losses do, as (player, term).
    """

    idle: dict[str, list[str]] = field(default_factory=dict)
    flops: int = 0
    shapes: dict[str, str] = field(default_factory=dict)
    differentiates: set[tuple[str, str]] = field(default_factory=set)
    losses: set[tuple[str, str]] = field(default_factory=set)

    def mark(self, assembly: Assembly) -> None:
        """Let networks and players know what of theirs takes gradients inside."""
        for name, head in self.differentiates:
            network = assembly.networks[name]
            network.differentiates = frozenset({*network.differentiates, head})  # type: ignore
        for player in assembly.players:
            own = {(player.name, term.name) for term in player.terms}
            player.differentiates = not own.isdisjoint(self.losses)


@dataclass
class TrialMinimiser:
    """Backward only; notes which parameters it reached."""

    player: Player
    idle: dict[str, list[str]]
    faults: list[Fault]

    @property
    def module(self) -> nn.Module:
        """The player itself: nothing is prepared."""
        return self.player

    def turn(self, last: bool) -> AbstractContextManager[None]:
        """Nothing surrounds a trial."""
        return nullcontext()

    def minimise(
        self, losses: Mapping[str, Tensor], factors: Mapping[str, float], share: float, last: bool
    ) -> None:
        """Backward; a term that reaches no parameter is a fault, a parameter without one idle."""
        for name, loss in losses.items():
            if not reaches_a_parameter(loss):
                message = f"no gradient reaches player '{self.player.name}' from this term"
                self.faults.append(Fault(f"losses.{name}", message))
        total = torch.stack([loss.reshape(()) for loss in losses.values()]).sum()
        if total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
        own = self.player.trainable().items()
        self.idle[self.player.name] = [name for name, p in own if p.grad is None]


def reaches_a_parameter(loss: Tensor) -> bool:
    """Whether the graph behind a loss ends in any parameter that requires a gradient."""
    visited: set[Any] = set()
    waiting = [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in visited:
            continue
        if hasattr(node, "variable"):
            return True
        visited.add(node)
        waiting += [following for following, _ in node.next_functions]
    return False


def example(variables: Mapping[str, Variable], batch_size: int, device: str = "meta") -> Values:
    """A batch of the declared shapes, by default on the meta device."""
    return {
        name: torch.empty(
            (batch_size, *variable.shape),
            dtype=torch.int64 if variable.classes else torch.float32,
            device=device,
        )
        for name, variable in variables.items()
    }


def latent_shapes(blueprint: Blueprint) -> dict[str, tuple[Latent, tuple[int, ...]]]:
    """How to draw each latent, and the shape of one sample."""
    return {
        n: (latent, blueprint.variables[n].shape) for n, latent in blueprint.latent_samplers.items()
    }


def try_step(blueprint: Blueprint, assembly: Assembly, source: str, count: bool) -> Trial:
    """Play one step on the meta device.

    count: whether to count its FLOPs, which takes as long again.

    Raises:
        RecipeError: wires whose shapes do not fit, or losses that refuse them, each with its path.
    """
    trial = Trial()
    batch = example(blueprint.variables, blueprint.recipe.train.batch_size)
    _check_shapes(blueprint, assembly, batch, trial, source)
    faults: list[Fault] = []
    minimisers = [TrialMinimiser(player, trial.idle, faults) for player in assembly.players]
    latents = deepcopy(latent_shapes(blueprint))  # training's must not know of the trial
    game = Game(minimisers, assembly.networks, latents, 0)
    sample = {name: v for name, v in batch.items() if name not in blueprint.latent_samplers}
    trial.mark(assembly)
    step, draws = a_turn_of_all(assembly.players, sample)
    if count:
        from ganzoo.builder.flops import count_flops

        trial.flops = count_flops(lambda: game.step(step, draws, {}))
    else:
        game.step(step, draws, {})
    if faults:
        raise RecipeError(source, faults)
    return trial


def a_turn_of_all(players: Sequence[Player], *samples: Values) -> tuple[int, Draws]:
    """A step in which every player moves, and the micro-batches that it is played on."""
    step = math.lcm(*(player.update_interval.every for player in players)) - 1
    return step, {stream: samples for stream in (SHARED, *map(stream_of, players))}


def _check_shapes(
    blueprint: Blueprint, assembly: Assembly, batch: Values, trial: Trial, source: str
) -> None:
    """Evaluate every wire call by call, so that what does not fit is named with its place."""
    faults: list[Fault] = []
    values = dict(batch)
    for path, wire in _all_wires(blueprint):
        fault = label_fault(wire, path, blueprint.variables, assembly.networks)
        fault = fault or _evaluate(wire, path, values, assembly.networks, trial)
        messages = {other.message for other in faults}
        faults += [fault] if fault and fault.message not in messages else []
    if not faults:
        faults = _check_losses(assembly, values, trial)
    if faults:
        raise RecipeError(source, faults)
    trial.shapes = {text: format_shape(value) for text, value in values.items()}


def _all_wires(blueprint: Blueprint) -> list[tuple[str, Expression]]:
    wires_by_path = [
        (f"{t.path}.{name}", wire) for t in blueprint.live for name, wire in t.wires.items()
    ]
    wires_by_path += [(f"outputs.{name}", wire) for name, wire in blueprint.outputs.items()]
    for name, plan in blueprint.component_outputs.items():
        wires_by_path += [(f"outputs.{name}.{wire}", e) for wire, e in plan.wires.items()]
    wires_by_path += [("samples.show", view.wire) for view in blueprint.shown()]
    for name, metric in blueprint.metrics.items():
        wires = metric.wires.items()
        wires_by_path += [(f"metrics.{name}.{wire}", blueprint.view(e).wire) for wire, e in wires]
    return wires_by_path


def _evaluate(
    wire: Expression, path: str, values: Values, networks: Mapping[str, nn.Module], trial: Trial
) -> Fault | None:
    for call in walk(wire):
        if isinstance(call, Call) and str(call) not in values:
            arguments = [values[str(argument)] for argument in call.arguments]
            message = misfit(call, arguments, networks[call.network])
            try:
                if not message:
                    with Gradients() as gradients:
                        values[str(call)] = find_callee(call, networks)(*arguments)
                    trial.differentiates |= (
                        {(call.network, call.head)} if gradients.taken else set()
                    )
            except MISFITS as error:
                message = explain(call, arguments, error)
            if message:
                return Fault(path, message, str(wire), max(str(wire).find(str(call)), 0))
    return None


def _check_losses(assembly: Assembly, values: Values, trial: Trial) -> list[Fault]:
    """Whether each loss takes what its wires give, and returns a scalar."""
    faults = []
    for player in assembly.players:
        shown = {
            name: values[str(argument)]
            for side in player.sides
            for name, argument in zip(side.placeholders, side.arguments, strict=True)
        }
        for term in player.terms:
            wires = {str(e): values[_whole(str(e), player)] for e in term.expressions()}
            with Gradients() as gradients:
                message = _loss_problem(term, {**values, **shown, **wires}, assembly.networks)
            trial.losses |= {(player.name, term.name)} if gradients.taken else set()
            faults += [Fault(f"losses.{term.name}", message)] if message else []
    return faults


def _whole(text: str, player: Player) -> str:
    """A cut wire's text with the made arguments back in place of its placeholders."""
    for side in player.sides:
        for name, argument in zip(side.placeholders, side.arguments, strict=True):
            text = text.replace(name, str(argument))
    return text


def _loss_problem(term: Term, values: Values, networks: Mapping[str, nn.Module]) -> str:
    try:
        losses = term.losses(values, networks)
    except MISFITS as error:
        return first_line(error)
    for loss in losses.values():
        if loss.numel() != 1:
            return f"a loss is one number, and this one has the shape {tuple(loss.shape)}"
    return ""
