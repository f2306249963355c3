"""A recipe on one page: the objective in the paper's notation, then everything else."""

from __future__ import annotations

from typing import Any

import typer

from ganzoo.build.plans import SchedulePlan, TermPlan
from ganzoo.interfaces import Variable
from ganzoo.notation import Term, objective
from ganzoo.pages.columns import heading, print_columns
from ganzoo.pages.sections import Checked, changed, checked, print_networks


def show_recipe(source: str) -> None:
    """Print a recipe.

    Raises:
        RecipeError: everything wrong with it.
    """
    recipe = checked(source)
    summary = recipe.blueprint.recipe.summary
    typer.secho(f"recipe {recipe.source}", bold=True)
    if summary:
        typer.echo(f"  {summary}")
    _print_objective(recipe)
    print_networks(recipe)
    _print_data(recipe)
    _print_outputs(recipe)
    _print_training(recipe)


def as_term(term: TermPlan) -> Term:
    """A term of the blueprint as the notation writes it."""
    return Term(
        name=term.name,
        loss=term.loss.name,
        notation=str(getattr(term.loss.part, "notation", "")),
        wires={name: str(wire) for name, wire in term.wires.items()},
        weight=term.weight,
        note=_buffer(term),
    )


def _buffer(term: TermPlan) -> str:
    if term.buffer is None:
        return ""
    size = term.buffer.settings.get("size")
    return f"{term.buffer.name} of {size}" if size else term.buffer.name


def _print_objective(recipe: Checked) -> None:
    heading("objective")
    judges = {name for term in recipe.blueprint.live for name in term.critics}
    trained = [name for name in recipe.assembly.networks if name in recipe.owners]
    makers = [name for name in trained if name not in judges]
    critics = [name for name in trained if name in judges]
    for line in objective([as_term(t) for t in recipe.blueprint.terms], makers, critics):
        typer.echo(f"  {line}".rstrip())


def _print_data(recipe: Checked) -> None:
    blueprint = recipe.blueprint
    heading("data")
    if blueprint.data is not None:
        typer.echo(f"  {changed(blueprint.data)}")
    noise = {name: changed(plan) for name, plan in blueprint.latents.items()}
    variables = blueprint.variables.items()
    print_columns([(name, describe(v), noise.get(name, "")) for name, v in variables])


def describe(variable: Variable) -> str:
    """`3 x 64 x 64`, `128`, or `a label of 10 classes`."""
    if variable.classes:
        return f"a label of {variable.classes} classes"
    return " x ".join(map(str, variable.shape))


def _print_outputs(recipe: Checked) -> None:
    outputs = recipe.blueprint.outputs.items()
    if outputs:
        heading("outputs")
        print_columns([(name, str(wire), _mode(name, recipe)) for name, wire in outputs])
    if recipe.blueprint.metrics:
        heading("metrics")
        metrics = recipe.blueprint.metrics.items()
        print_columns([(name, changed(m.metric), _wired(m.wires)) for name, m in metrics])


def _mode(output: str, recipe: Checked) -> str:
    trains = recipe.blueprint.recipe.outputs[output].mode == "train"
    return "dropout and batch statistics as in training" if trains else ""


def _wired(wires: Any) -> str:
    return ", ".join(f"{name} = {wire}" for name, wire in wires.items())


def _scheduled(plan: SchedulePlan) -> str:
    rising = f", after a warm-up of {plan.warmup}" if plan.warmup else ""
    return f"{changed(plan.schedule)}{rising}"


def _print_training(recipe: Checked) -> None:
    blueprint = recipe.blueprint
    train, schedule = blueprint.recipe.train, blueprint.schedule
    heading("training")
    rows = [("length", f"{train.length}, batch size {train.batch_size}")]
    rows += [("order", ", then ".join(player.name for player in recipe.assembly.players))]
    for name, plan in blueprint.optimizers.items():
        who = "optimizer" if name == "default" else f"optimizer of {name}"
        rows += [(who, changed(plan, skip=1))]
    rows += [("schedule", _scheduled(schedule))] if schedule else []
    print_columns(rows)
