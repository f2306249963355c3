"""`ganzoo.plan_recipe`: planning as Python users ask for it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ganzoo.interfaces.rule import Goal
from ganzoo.planning.plan_request import PlanRequest, name_plan, refuse_folders
from ganzoo.planning.recipe_plan import RecipePlan, make_plan, try_plan


def plan_recipe(
    x: str | Path,
    y: str | Path | None = None,
    *,
    pairs: bool | None = None,
    budget: float | None = None,
    memory: int | None = None,
    goal: Goal | None = None,
    tries: int = 0,
    trials: str | Path | None = None,
    name: str = "",
    anyway: bool = False,
) -> RecipePlan:
    """Plan a recipe for two folders of images, as `ganzoo plan` does.

        plan = ganzoo.plan_recipe("photos", "paintings", budget=2 * 60 * 60)
        print(plan.text)  # the recipe, a reason for every value
        ganzoo.train(plan.recipe, "runs/paintings")

    x, y: a folder for each domain; without y, x is a folder that holds both.
    pairs: whether images of equal names are pairs; left out, the images decide.
    budget: seconds that the training may take. memory: bytes that it may take.
    goal: "style", "content" or "restore"; left out, the rules decide.
    tries: how many recipes are tried in short trainings, the plan and the likeliest others; the
        best is taken.
    trials: the folder for these, where an interrupted call goes on; left out, they are deleted.
    name: of the recipe; left out, it follows from the folders.
    anyway: plan even where a training makes no sense.

    Raises:
        DataError: a folder is missing, or holds no images.
        GanzooError: a training makes no sense, and why.
        ValueError: a budget or a memory that is not above 0.
    """
    _refuse_amounts(budget=budget, memory=memory)
    folders = tuple(Path(each) for each in (x, y) if each is not None)
    refuse_folders(folders)
    named = name or name_plan(folders)
    plan = make_plan(PlanRequest(folders, named, budget, memory, goal, pairs, tries, anyway))
    return _try(plan, trials) if tries else plan


def _refuse_amounts(**amounts: float | None) -> None:
    for name, amount in amounts.items():
        if amount is not None and not amount > 0:
            raise ValueError(f"{name} = {amount}: give a number above 0")


def _try(plan: RecipePlan, folder: str | Path | None) -> RecipePlan:
    if folder is not None:
        return try_plan(plan, Path(folder))
    with TemporaryDirectory(prefix="ganzoo-trials-") as place:
        return try_plan(plan, Path(place))
