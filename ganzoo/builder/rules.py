"""How a recipe's players move: optimizers, schedules, averages of weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from ganzoo.builder.assemble import Assembly
from ganzoo.builder.blueprint import Blueprint, ComponentPlan, SchedulePlan
from ganzoo.engine.ema import Ema
from ganzoo.engine.feed import Timetable
from ganzoo.engine.game_rules import Rules
from ganzoo.engine.player import Player
from ganzoo.engine.player_optimizer import AssignedOptimizer
from ganzoo.engine.scheduled import Factor
from ganzoo.errors import Fault, RecipeError
from ganzoo.registry.signature import parameters

DEFAULT = "default"
FUSED: Mapping[str, tuple[type, ...]] = {"cpu": (Optimizer,), "cuda": (Adam, AdamW, SGD)}


def make_rules(blueprint: Blueprint, table: Timetable, averages: Ema | None) -> Rules:
    """What holds for the game: learning rates, weights of terms, averages, augmentations."""
    assert blueprint.schedule is not None
    return Rules(
        factor(blueprint.schedule, table),
        lambda player: make_optimizers(player, blueprint),
        {name: factor(schedule, table) for name, schedule in blueprint.scheduled.items()},
        averages,
        blueprint.recipe.train.compile,
        blueprint.recipe.train.channels_last,
        blueprint.augmentation_steps,
    )


def check_rules(blueprint: Blueprint, assembly: Assembly, source: str) -> None:
    """Whether everything that is to move can.

    Raises:
        RecipeError: a player without an optimizer, averages of what is not trained, or several
            optimizers of a player in a precision that takes one.
    """
    faults = [
        Fault("optimizers", f"player '{player.name}' has none; set optimizers.default")
        for player in assembly.players
        if None in _shares(player, blueprint)
    ]
    faults += _unaveraged(blueprint, assembly)
    if blueprint.recipe.train.precision == "fp16":
        faults += [
            Fault("train.precision", f"fp16 takes one optimizer for player '{p.name}'; use bf16")
            for p in assembly.players
            if len(_shares(p, blueprint)) > 1
        ]
    if faults:
        raise RecipeError(source, faults)


def explain_uncompiled(blueprint: Blueprint, assembly: Assembly) -> list[str]:
    """Which players run uncompiled, where the others are compiled, and why."""
    if not blueprint.recipe.train.compile:
        return []
    return [
        f"player '{player.name}' {_why_not(player)}, so it runs uncompiled"
        for player in assembly.players
        if player.double_backward
    ]


def find_bf16_obstacle(players: Iterable[Player]) -> str:
    """Why precision "auto" keeps float32, as half a sentence; "" where nothing is against bf16.

    What takes gradients inside runs in full precision anyway, and would be of a network that is
    not quite the one that plays in bf16.
    """
    differentiating = (player for player in players if player.double_backward)
    return next((f"player '{each.name}' {_why_not(each)}" for each in differentiating), "")


def _why_not(player: Player) -> str:
    return "pays penalties" if len(player.penalties) else "takes gradients inside its forward pass"


def make_optimizers(player: Player, blueprint: Blueprint) -> list[AssignedOptimizer]:
    """A player's optimizers: one for each network with a table of its own, one for all else."""
    optimizers = []
    for name, share in _shares(player, blueprint).items():
        assert name is not None
        device = next(iter(share.values())).device.type
        optimizer = _fused(blueprint.optimizers[name], device).make(list(share.values()))
        clip_norm = blueprint.recipe.optimizers[name].clip_norm
        optimizers.append(AssignedOptimizer(share, optimizer, clip_norm))
    return optimizers


def _shares(player: Player, blueprint: Blueprint) -> dict[str | None, dict[str, nn.Parameter]]:
    """A player's parameters by the table that moves them; None where there is no table."""
    tables: Mapping[str, object] = blueprint.recipe.optimizers
    shares: dict[str | None, dict[str, nn.Parameter]] = {}
    for name, parameter in player.trainable().items():
        places = name.split(".")
        own = places[1] if places[0] == "networks" else ""
        table = next((t for t in (own, player.name, DEFAULT) if t in tables), None)
        shares.setdefault(table, {})[name] = parameter
    return shares


def _fused(plan: ComponentPlan, device: str) -> ComponentPlan:
    """The optimizer fused where torch can and the recipe does not say otherwise.

    Elsewhere torch decides: not every version has all of them fused for every device.
    """
    settings = dict(plan.settings)
    rivals = ("fused", "foreach", "differentiable")
    known = issubclass(plan.component_class, FUSED.get(device, ()))
    fusible = known and any(p.name == "fused" for p in parameters(plan.component_class))
    if fusible and not any(settings.get(rival) for rival in rivals):
        settings["fused"] = settings.get("fused") is None
    return ComponentPlan(plan.kind, plan.name, plan.component_class, settings, plan.path)


def factor(plan: SchedulePlan, table: Timetable) -> Factor:
    """A schedule with its warm-up in steps."""
    return Factor(
        plan.schedule.make(), plan.warmup.steps(*table.image_counts) if plan.warmup else 0
    )


def averaged(blueprint: Blueprint, assembly: Assembly) -> list[str]:
    """The networks whose weights are averaged."""
    if blueprint.recipe.ema is None:
        return []
    trained = [name for player in assembly.players for name in player.networks]
    makers = [name for name in trained if name not in blueprint.discriminators]
    return blueprint.recipe.ema.networks or makers


def _unaveraged(blueprint: Blueprint, assembly: Assembly) -> list[Fault]:
    trained = {name for player in assembly.players for name in player.networks}
    return [
        Fault("ema.networks", f"'{name}' is not trained, so there is nothing to average")
        for name in averaged(blueprint, assembly)
        if name not in trained and name in blueprint.recipe.networks
    ]


def make_averages(blueprint: Blueprint, assembly: Assembly, table: Timetable) -> Ema:
    """The averages that the recipe asks for, starting as the networks are now."""
    assert blueprint.recipe.ema is not None
    ema = blueprint.recipe.ema.filled()
    decay = ema.decay
    if decay is None:
        assert ema.half_life is not None
        decay = 0.5 ** (1 / ema.half_life.steps(*table.image_counts))
    networks = {name: assembly.networks[name] for name in averaged(blueprint, assembly)}
    return Ema(networks, decay, ema.warmup)
