"""`ganzoo run --data FOLDER` without a recipe: plans one, prints the plan, and trains it."""

from __future__ import annotations

import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.cli.options import seconds
from ganzoo.cli.plan_ import carry_out
from ganzoo.cli.plan_options import PlanOptions
from ganzoo.cli.train_request import Request, begin
from ganzoo.errors import GanzooError
from ganzoo.files.writing import remove
from ganzoo.launch.worker import is_launched
from ganzoo.runs.layout import PAGE_FILE, RunPaths
from ganzoo.runs.path_checks import refuse_taken

if TYPE_CHECKING:
    from ganzoo.planning.recipe_plan import RecipePlan

# Tables of a recipe whose keys are known before there is one.
OURS = ("train", "samples", "checkpoints", "alarms")
EMPTY = {
    "networks": {},
    "losses": {},
    "data": {"type": "folders"},
    "optimizers": {},
    "train": {"length": "1 step"},
}


@dataclass(frozen=True)
class PlannedRun:
    """A run without a recipe, as the command line asks for it.

    explain: whether to print the whole plan. The others are options of `ganzoo run`.
    """

    data: Path
    options: PlanOptions
    overrides: list[str]
    out: Path | None
    stop_after: str | None
    processes: int | None
    resume: bool
    explain: bool


def run_planned(asked: PlannedRun) -> None:
    """Plan a recipe for a folder of images, then train it.

    Raises:
        GanzooError: the folder, an option or a setting is wrong.
    """
    request = asked.options.request((asked.data,))
    folder = asked.out or Path("runs") / request.name
    _refuse_early(asked, folder)
    trials = folder.with_name(f".{folder.name}-trials")
    plan = carry_out(request, trials)
    _print(plan, folder, asked.explain)
    try:
        with tempfile.TemporaryDirectory(prefix="ganzoo-plan-") as place:
            _train(asked, plan, RunPaths(Path(place)).plan, folder)
    finally:
        if RunPaths(folder).is_run():
            remove(trials)  # the plan that the run keeps has their table


def _train(asked: PlannedRun, plan: RecipePlan, written: Path, folder: Path) -> None:
    """Train the recipe as a file, so that other processes can read it; the run keeps the plan."""
    from ganzoo.planning.plan_files import write_plan
    from ganzoo.recipe.loading import read_recipe
    from ganzoo.runs.plan_keeping import read_plan_files

    recipe = write_plan(plan, written, called=RunPaths(folder).plan)[0]
    words = ["run", str(recipe), "--out", str(folder)]
    words += [word for setting in asked.overrides for word in ("--set", setting)]
    words += ["--stop-after", asked.stop_after] if asked.stop_after else []
    begin(
        Request(
            words,
            read_recipe(recipe, asked.overrides),
            folder,
            False,
            asked.stop_after,
            asked.processes,
            bool(asked.overrides),
            plan=read_plan_files(recipe),
        )
    )


def _refuse_early(asked: PlannedRun, folder: Path) -> None:
    """Refuse what is wrong whatever the plan will be, before the images are looked at."""
    from ganzoo.recipe.loading import read_recipe
    from ganzoo.recipe.overrides import override

    if is_launched():
        raise GanzooError(
            "--data without a recipe: several processes cannot plan together; plan first (ganzoo "
            "plan FOLDER), then launch its recipe; or ganzoo run --data FOLDER --processes N"
        )
    go_on = f"ganzoo resume {shlex.quote(str(folder))}"
    if asked.resume:
        raise GanzooError(f"--resume: a run has its recipe; go on with: {go_on}")
    if RunPaths(folder).is_run():
        raise GanzooError(
            f"{folder} already holds a run; nothing was changed. Go on with it: {go_on}; or choose "
            "another folder with --out DIR"
        )
    paths = [each.partition("=")[0].strip() for each in asked.overrides]
    if {"data", "data.type"} & {*paths}:
        raise GanzooError(
            "--data and --set data=... or data.type=... both say what the data are; give one"
        )
    if asked.stop_after is not None:
        seconds(asked.stop_after)
    override({}, asked.overrides)
    ours = [e for e, path in zip(asked.overrides, paths, strict=True) if path.split(".")[0] in OURS]
    read_recipe(EMPTY, ours).require()
    refuse_taken(folder)


def _print(plan: RecipePlan, folder: Path, explain: bool) -> None:
    from ganzoo.cli.pages.plan_page import print_plan, print_summary
    from ganzoo.planning.plan_files import run_command

    if explain:
        print_plan(plan, run_command(RunPaths(folder).plan))
    else:
        print_summary(plan, f"see {RunPaths(folder).plan / PAGE_FILE}, or add --explain")
