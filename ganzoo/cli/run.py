"""`ganzoo run RECIPE`: train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.options import Processes, Set, StopAfter
from ganzoo.cli.training import Request, begin
from ganzoo.launch.worker import is_launched
from ganzoo.printing.text import say
from ganzoo.runs.layout import RunPaths


def run(
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
    from ganzoo.recipe.loading import recipe_name
    from ganzoo.runs.ahead import refuse_taken

    overrides = set_ or []
    name = recipe_name(recipe, overrides)
    folder = out or _default_folder(recipe, name)
    if name and not resume:  # what is wrong with a name, build_recipe tells with all else
        refuse_taken(folder)
    settings = [*_of_folder(recipe, overrides, data), *overrides]
    words = ["run", recipe, *(["--data", str(data)] if data else [])]
    words += [word for each in overrides for word in ("--set", each)]
    words += [*(["--out", str(out)] if out else []), *(["--resume"] if resume else [])]
    words += ["--stop-after", stop_after] if stop_after is not None else []
    begin(Request(words, recipe, settings, folder, resume, stop_after, processes))


def _of_folder(recipe: str, overrides: list[str], folder: Path | None) -> list[str]:
    """`--data FOLDER` as settings, told once."""
    if folder is None:
        return []
    from ganzoo.cli.early import refuse_folder
    from ganzoo.components.data.layout_advice import require_folder

    require_folder(folder)
    if not is_launched():
        refuse_folder(recipe, overrides, folder)  # before torch is imported
    from ganzoo.builder.own_data import own_data

    own = own_data(recipe, overrides, folder)
    if not is_launched():
        say(own.told)
    return own.settings


def _default_folder(recipe: str, name: str) -> Path:
    given = Path(recipe)
    return given if RunPaths(given).is_run() else Path("runs") / name
