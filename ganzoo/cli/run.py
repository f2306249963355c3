"""`ganzoo run RECIPE`: train; without a recipe, plan one for the images first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Processes, Set, StopAfter
from ganzoo.cli.plan_options import (
    Anyway,
    Budget,
    Explain,
    GoalOf,
    Memory,
    Pairs,
    PlanOptions,
    Tries,
)
from ganzoo.cli.torch_import import import_torch
from ganzoo.cli.train_request import Request, begin, typed_words
from ganzoo.errors import GanzooError
from ganzoo.launch.worker import is_launched
from ganzoo.printing.text import say
from ganzoo.runs.layout import RunPaths

if TYPE_CHECKING:
    from ganzoo.recipe.origins import Gathered

NO_RECIPE = (
    "say what to train: a recipe, as in ganzoo run cyclegan (ganzoo list recipes), or "
    "your own images, for which a recipe is planned: ganzoo run --data FOLDER"
)


RecipeText = Annotated[
    str | None,
    typer.Argument(
        help="A recipe's file or name, or a run's folder. [default: one is planned for --data]"
    ),
]
OwnFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Your own images in place of the recipe's."),
]
RunOut = Annotated[Path | None, typer.Option(help="The run's folder. [default: runs/<recipe>]")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run that is there.")]


def run(
    context: typer.Context,
    recipe: RecipeText = None,
    data: OwnFolder = None,
    set_: Set = None,
    out: RunOut = None,
    resume: Resume = False,
    stop_after: StopAfter = None,
    processes: Processes = None,
    pairs: Pairs = False,
    budget: Budget = None,
    memory: Memory = "",
    goal: GoalOf = None,
    tries: Tries = 0,
    anyway: Anyway = False,
    explain: Explain = False,
) -> None:
    """Train a recipe; everything it makes goes into one folder.

    Without a recipe, one is planned for the images in --data FOLDER: see ganzoo plan.
    """
    options = PlanOptions(pairs, budget, memory, goal, tries, anyway)
    overrides = set_ or []
    if recipe is None:
        if data is None:
            raise GanzooError(NO_RECIPE)
        from ganzoo.cli.run_planned import PlannedRun, run_planned

        settings = (stop_after, processes, resume, explain)
        run_planned(PlannedRun(data, options, overrides, out, *settings))
        return
    _refuse_planning(options, explain)
    _run(context, recipe, data, overrides, out, resume, stop_after, processes)


def _run(
    context: typer.Context,
    recipe: str,
    data: Path | None,
    overrides: list[str],
    out: Path | None,
    resume: bool,
    stop_after: str | None,
    processes: int | None,
) -> None:
    """Train a recipe that is there."""
    from ganzoo.recipe.loading import gather, read_recipe
    from ganzoo.runs.path_checks import refuse_taken
    from ganzoo.runs.plan_keeping import read_plan_files

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
    begin(
        Request(
            typed_words(context),
            loaded,
            folder,
            resume,
            stop_after,
            processes,
            bool(overrides or data),
            plan=read_plan_files(Path(recipe)),
        )
    )


def _refuse_planning(options: PlanOptions, explain: bool) -> None:
    """Refuse options of planning beside a recipe.

    Raises:
        GanzooError: one is given.
    """
    given = [*options.given(), *(["--explain"] if explain else [])]
    if given:
        raise GanzooError(
            f"{', '.join(given)}: this is for planning; leave RECIPE out, and give --data FOLDER, "
            "or use --set, and --stop-after TIME"
        )


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
