"""`ganzoo resume RUN`: goes on with a run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.options import Processes, Set, StopAfter
from ganzoo.cli.torch_import import import_torch
from ganzoo.cli.train_request import Request, begin, typed_words
from ganzoo.errors import GanzooError
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.runs.layout import RunPaths


def resume(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's folder, as runs/cyclegan.")],
    set_: Set = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change",
            metavar="PATH=VALUE",
            help="Change on purpose what the weights depend on, and record it: "
            "--change optimizers.default.lr=1e-4; or --change data, to go on with other images.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Where the run's images are now."),
    ] = None,
    stop_after: StopAfter = None,
    processes: Processes = None,
) -> None:
    """Go on with a run, by its own recipe and in as many processes as before."""
    folder, overrides, changes = Path(run), set_ or [], change or []
    if not RunPaths(folder).is_run():
        raise GanzooError(no_run(folder))
    from ganzoo.recipe.loading import read_recipe

    loaded = read_recipe(folder)
    if data:
        from ganzoo.components.data.layout_advice import require_folder

        require_folder(data)
        import_torch()
        from ganzoo.builder.own_data import moved

        overrides = [*moved(loaded, data), *overrides]
    words = typed_words(context)
    settings = [*overrides, *(each for each in changes if "=" in each)]
    loaded = loaded.with_overrides(settings) if settings else loaded
    begin(Request(words, loaded, folder, True, stop_after, processes, bool(overrides), changes))


def no_run(folder: Path) -> str:
    """A sentence that says why a folder is no run, and which folder may be meant."""
    if RunPaths(folder).is_plan():
        command = f"ganzoo run {shlex.quote(str(folder))}"
        return f"{folder}: this folder is a plan, and no run; train it with: {command}"
    below = Path("runs") / folder
    hint = f" Did you mean {below}?" if RunPaths(below).is_run() else ""
    if folder.name == RECIPE_FILE and folder.is_file():
        return f"{folder}: give the run's folder: {folder.parent}"
    empty = f"{folder}: this folder is no run: it holds no {RECIPE_FILE}"
    wrong = empty if folder.is_dir() else f"there is no folder {folder}"
    return f"{wrong}.{hint} See: ganzoo list runs"
