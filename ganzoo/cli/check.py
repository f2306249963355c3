"""`ganzoo check RECIPE`: a trial step without data, memory or arithmetic."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say, short_count

if TYPE_CHECKING:
    from ganzoo.builder.experiment import CheckedRecipe

Rows = list[tuple[str, ...]]


def check(
    recipe: Annotated[str, typer.Argument(help="A recipe's file or name, or a run's folder.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: --set train.seed=1"),
    ] = None,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="Estimate memory and time of a step on this machine."),
    ] = False,
    measure_again: Annotated[
        bool,
        typer.Option("--measure-again", help="Measure this machine's speed anew, for --memory."),
    ] = False,
) -> None:
    """Check a recipe without data: wires, shapes, parameters, cost."""
    from ganzoo.cli.early import refuse_early
    from ganzoo.recipe.loading import read_recipe

    _refuse_images(recipe)
    loaded = read_recipe(recipe, set_ or [])
    refuse_early(loaded, data=False, partly=False)
    import_torch()
    from ganzoo.builder.experiment import check_recipe

    _print_page(check_recipe(loaded), memory or measure_again, measure_again)


def _print_page(checked: CheckedRecipe, memory: bool, again: bool) -> None:
    from ganzoo.cli.pages.columns import heading, print_columns
    from ganzoo.cli.pages.sections import print_networks

    say(checked.place, bold=True)
    heading("wiring")
    print_columns(_terms(checked) + _outputs(checked), cap=36)
    print_networks(checked)
    heading("a step")
    print_columns(_cost(checked))
    if memory:
        from ganzoo.cli.pages.cost import describe_cost

        heading("on this machine")
        print_columns(describe_cost(checked, again))
    for note in checked.blueprint.warnings:
        say(f"\nnote: {note}")
    say(f"\nok: {_counts(checked)}")


def _refuse_images(recipe: str) -> None:
    """Send whoever wants to check images to the command that does.

    Raises:
        GanzooError: it is a folder with images, and no run.
    """
    from ganzoo.components.data.layout_advice import count_images
    from ganzoo.runs.layout import RunPaths

    folder = Path(recipe)
    if folder.is_dir() and not RunPaths(folder).recipe.is_file() and count_images(folder):
        command = f"ganzoo data check {shlex.quote(recipe)}"
        raise GanzooError(
            f"{recipe}: this folder is no run, it holds images. To check them: {command}"
        )


def _terms(checked: CheckedRecipe) -> Rows:
    """One line for each wire: its term, its loss, the wire and its shape."""
    rows: Rows = []
    for term in checked.blueprint.terms:
        first = (term.name, term.loss.name)
        if term.weight == 0:
            rows.append((*first, "dropped (weight 0)"))
            continue
        for wire, expression in term.wires.items():
            text = str(expression)
            rows.append((*first, f"{wire} = {text}", checked.trial.shapes.get(text, "")))
            first = ("", "")
    return rows


def _outputs(checked: CheckedRecipe) -> Rows:
    shapes = checked.trial.shapes
    rows: Rows = []
    for name, wire in checked.blueprint.outputs.items():
        plan = checked.blueprint.component_outputs.get(name)
        first = (name, plan.plan.name if plan else "output")
        wires = {f"{w} = ": e for w, e in plan.wires.items()} if plan else {"": wire}
        for said, expression in wires.items():
            rows.append((*first, f"{said}{expression}", shapes.get(str(expression), "")))
            first = ("", "")
    return rows


def _cost(checked: CheckedRecipe) -> Rows:
    flops, batch = checked.trial.flops, checked.blueprint.recipe.train.batch_size
    an_image = f"{short_count(flops / batch, 'FLOP')} an image"
    rows = [
        (
            "arithmetic",
            f"{short_count(flops, 'FLOP')}, {an_image} (forward and backward, all players)",
        )
    ]
    return [*rows, ("order", ", then ".join(player.name for player in checked.assembly.players))]


def _counts(checked: CheckedRecipe) -> str:
    terms, networks = len(checked.blueprint.live), len(checked.assembly.networks)
    players = len(checked.assembly.players)
    counted = ((terms, "term"), (networks, "network"), (players, "player"))
    return ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counted)
