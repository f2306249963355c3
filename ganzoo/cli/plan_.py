"""`ganzoo plan X Y`: two folders of images in, a recipe out, and a reason for every value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganzoo.cli.plan_options import (
    Anyway,
    Budget,
    GoalOf,
    Memory,
    Pairs,
    PlanOptions,
    Tries,
)
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say, say_aside, say_json

if TYPE_CHECKING:
    from ganzoo.planning.plan_request import PlanRequest
    from ganzoo.planning.recipe_plan import RecipePlan

FolderX = Annotated[
    Path, typer.Argument(metavar="X", help="The folder of one domain; or, without Y, of both.")
]
FolderY = Annotated[
    Path | None, typer.Argument(metavar="Y", help="The folder of the other domain.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="The plan's folder. [default: plans/<name>]"),
]
Existing = Annotated[
    Literal["error", "overwrite"],
    typer.Option("--existing", help="What to do if the plan's folder already exists."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def plan(
    x: FolderX,
    y: FolderY = None,
    pairs: Pairs = False,
    budget: Budget = None,
    memory: Memory = "",
    goal: GoalOf = None,
    tries: Tries = 0,
    anyway: Anyway = False,
    out: Out = None,
    existing: Existing = "error",
    as_json: Json = False,
) -> None:
    """Plan a recipe for your images: two folders in, a recipe out, a reason for every value."""
    options = PlanOptions(pairs, budget, memory, goal, tries, anyway)
    request = options.request((x,) if y is None else (x, y), out)
    folder = out or Path("plans") / request.name
    _refuse_taken(folder, existing)
    trials = folder.with_name(f".{folder.name}-trials")
    planned = carry_out(request, trials)
    from ganzoo.planning.plan_files import keep_trials, run_command, write_plan
    from ganzoo.planning.plan_record import record_plan

    paths = write_plan(planned, folder, replace=existing == "overwrite")
    keep_trials(trials, folder)
    if as_json:
        say_json({**record_plan(planned), "files": [str(path) for path in paths]})
        return
    from ganzoo.cli.pages.plan_page import print_plan

    print_plan(planned, run_command(folder))
    say(f"\n-> {paths[0]}, and {paths[2].name}: the same with pictures")


def carry_out(request: PlanRequest, trials: Path) -> RecipePlan:
    """Plan and try, with bars of progress on a terminal.

    trials: the folder for trials; those that are there go on.
    """
    import_torch()
    from ganzoo.compare.train_systems import Stopped
    from ganzoo.evaluation.progress import progress
    from ganzoo.planning.recipe_plan import make_plan, try_plan
    from ganzoo.printing.terminal import Terminal

    console = Terminal(stderr=True)
    try:
        with progress(console, "looking for images") as tick:
            plan = make_plan(request, tick)
    except KeyboardInterrupt:
        say_aside("\nStopped before there was a plan; nothing was written")
        raise typer.Exit(STOPPED) from None
    if not request.tries:
        return plan
    try:
        return try_plan(plan, trials, say_aside, console)
    except Stopped:
        say_aside(f"\nStopped; the same command goes on with the trials in {trials}")
        raise typer.Exit(STOPPED) from None


def _refuse_taken(folder: Path, existing: str) -> None:
    """Refuse a folder that exists, but for a plan that is to be overwritten.

    Raises:
        GanzooError: it exists.
    """
    from ganzoo.runs.layout import RunPaths
    from ganzoo.runs.path_checks import is_there

    if not is_there(folder):
        return
    if not RunPaths(folder).is_plan():
        raise GanzooError(
            f"{folder} already exists and is no plan; nothing was changed. Choose another folder "
            "with --out FOLDER"
        )
    if existing == "error":
        raise GanzooError(
            f"{folder} already holds a plan; nothing was changed. Choose another folder with --out "
            "FOLDER, or --existing overwrite"
        )
