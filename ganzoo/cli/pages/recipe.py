"""Prints a recipe on one page: the objective in the paper's notation, then everything else."""

from __future__ import annotations

from typing import Any

from ganzoo.builder.experiment import CheckedRecipe, check_recipe
from ganzoo.builder.objective import changed, objective_lines, scheduled
from ganzoo.builder.rules import averaged
from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.cli.pages.sections import print_networks
from ganzoo.engine.player import Player
from ganzoo.interfaces import Variable
from ganzoo.printing.text import say
from ganzoo.recipe.loading import LoadedRecipe
from ganzoo.recipe.schema import TrainTable


def show_recipe(loaded: LoadedRecipe) -> None:
    """Print a recipe.

    Raises:
        RecipeError: the recipe has faults; the message lists all of them.
    """
    recipe = check_recipe(loaded, count=False)
    summary = recipe.blueprint.recipe.summary
    say(f"recipe {recipe.place}", bold=True)
    if summary:
        say(f"  {summary}")
    _print_objective(recipe)
    print_networks(recipe)
    _print_data(recipe)
    _print_outputs(recipe)
    _print_training(recipe)


def _print_objective(recipe: CheckedRecipe) -> None:
    heading("objective")
    for line in objective_lines(recipe.blueprint, recipe.assembly):
        say(f"  {line}".rstrip())


def _print_data(recipe: CheckedRecipe) -> None:
    blueprint = recipe.blueprint
    heading("data")
    if blueprint.data is not None:
        say(f"  {changed(blueprint.data)}")
    noise = {name: changed(plan) for name, plan in blueprint.latents.items()}
    variables = blueprint.variables.items()
    print_columns([(name, describe(v), noise.get(name, "")) for name, v in variables])
    for step in blueprint.augmentation_steps:
        names = " and ".join(name for group in step.groups for name in group)
        say(f"  augmentation {step.name} of {names}: {changed(blueprint.augmentations[step.name])}")


def describe(variable: Variable) -> str:
    """`3 x 64 x 64`, `128`, or `a label of 10 classes`."""
    if variable.classes:
        return f"a label of {variable.classes} classes"
    return " x ".join(map(str, variable.shape))


def _print_outputs(recipe: CheckedRecipe) -> None:
    outputs = recipe.blueprint.outputs.items()
    if outputs:
        heading("outputs")
        print_columns(
            [(name, *_describe_output(name, str(wire), recipe)) for name, wire in outputs]
        )
    if recipe.blueprint.metrics:
        heading("metrics")
        metrics = recipe.blueprint.metrics.items()
        print_columns([(name, changed(m.metric), _wired(m.wires)) for name, m in metrics])


def _describe_output(output: str, wire: str, recipe: CheckedRecipe) -> tuple[str, str]:
    """The wires of an output, and its component and mode, as text."""
    if output in recipe.blueprint.component_outputs:
        plan = recipe.blueprint.component_outputs[output]
        return changed(plan.plan), _wired(plan.wires)
    trains = recipe.blueprint.output(output).train_mode
    return wire, "dropout and batch statistics as in training" if trains else ""


def _wired(wires: Any) -> str:
    return ", ".join(f"{name} = {wire}" for name, wire in wires.items())


def _print_training(recipe: CheckedRecipe) -> None:
    blueprint = recipe.blueprint
    train, schedule = blueprint.recipe.train, blueprint.schedule
    heading("training")
    rows = [("length", f"{train.length}, {_batches(train)}")]
    rows += [("order", ", then ".join(map(_paced, recipe.assembly.players)))]
    for name, plan in blueprint.optimizers.items():
        who = "optimizer" if name == "default" else f"optimizer of {name}"
        limit = blueprint.recipe.optimizers[name].clip_norm
        clipped = f", gradients clipped to a norm of {limit:g}" if limit else ""
        rows += [(who, f"{changed(plan, skip=1)}{clipped}")]
    rows += [("schedule", scheduled(schedule))] if schedule else []
    if blueprint.recipe.ema:
        names = ", ".join(averaged(blueprint, recipe.assembly))
        window = blueprint.recipe.ema.half_life or f"decay {blueprint.recipe.ema.filled().decay}"
        rows += [("averages", f"of {names}, {window}")]
    rows += [("precision", train.precision)] if train.precision != "float32" else []
    rows += [("TF32", "no")] if not train.tf32 else []
    rows += [("compiled", "yes")] if train.compile else []
    rows += [("channels_last", "on CUDA")] if train.channels_last else []
    rows += [("tuned", "when training starts")] if train.tune else []
    for name, plan in blueprint.callbacks.items():
        rows += [(f"callback {name}", changed(plan))]
    print_columns(rows)


def _batches(train: TrainTable) -> str:
    size = f"batch size {train.batch_size}"
    return f"{size} x {train.accumulate} a step" if train.accumulate > 1 else size


def _paced(player: Player) -> str:
    """`generators (every 5th step, on batches of their own)`."""
    interval = player.update_interval
    said = [f"every {interval.every} steps"] if interval.every > 1 else []
    said += ["on batches of its own"] if interval.fresh else []
    return f"{player.name} ({', '.join(said)})" if said else player.name
