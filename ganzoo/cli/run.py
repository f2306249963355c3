"""`ganzoo run RECIPE`: train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.importing import import_torch
from ganzoo.cli.options import Processes, Set, StopAfter
from ganzoo.cli.train_request import Request, begin, typed_words
from ganzoo.launch.worker import is_launched
from ganzoo.printing.text import say
from ganzoo.runs.layout import RunPaths

if TYPE_CHECKING:
    from ganzoo.recipe.origins import Gathered


def run(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe's file or name, or a run's folder.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Your own images in place of the recipe's."),
    ] = None,
    set_: Set = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder. [default: runs/<recipe>]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that is there.")
    ] = False,
    stop_after: StopAfter = None,
    processes: Processes = None,
) -> None:
    """Train a recipe; everything it makes goes into one folder."""
    from ganzoo.recipe.loading import gather, read_recipe
    from ganzoo.runs.path_checks import refuse_taken

    overrides = set_ or []
    gathered = gather(recipe)
    loaded = read_recipe(gathered, overrides)
    folder = out or _default_folder(recipe, loaded.name)
    if (
        loaded.name and not resume
    ):  # a wrong name is reported by build_recipe, with all other faults
        refuse_taken(folder)
    if data is not None:
        own = find_folder_settings(gathered, overrides, data)
        loaded = read_recipe(gathered, [*own, *overrides])
    words = typed_words(context)
    begin(Request(words, loaded, folder, resume, stop_after, processes, bool(overrides or data)))


def find_folder_settings(gathered: Gathered, overrides: list[str], folder: Path) -> list[str]:
    """The settings that `--data FOLDER` stands for; prints once which data they choose."""
    from ganzoo.cli.early import refuse_folder
    from ganzoo.components.data.layout_advice import require_folder
    from ganzoo.recipe.loading import read_recipe

    require_folder(folder)
    others = [each for each in overrides if not each.startswith("data.")]
    loaded = read_recipe(gathered, others)
    if not is_launched():
        refuse_folder(loaded, overrides, folder)  # before torch is imported
    import_torch()
    from ganzoo.builder.own_data import own_data

    own = own_data(loaded, overrides, folder)
    if not is_launched():
        say(own.summary)
    return own.settings


def _default_folder(recipe: str, name: str) -> Path:
    given = Path(recipe)
    return given if RunPaths(given).is_run() else Path("runs") / name
