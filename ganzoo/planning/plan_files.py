"""The files of a plan: the recipe, what was measured, the page. All are written, or none."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

from ganzoo.errors import GanzooError
from ganzoo.files.writing import (
    remove,
    sync_folder,
    temporary_name,
    write_text,
)
from ganzoo.planning.fingerprint_file import as_json
from ganzoo.planning.plan_html import plan_page
from ganzoo.planning.recipe_plan import RecipePlan
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.runs.layout import FINGERPRINT_FILE, PAGE_FILE
from ganzoo.runs.plan_keeping import PLAN_FILES

TRIALS = "trials"  # their folder in that of a plan


def run_command(folder: Path) -> str:
    """What trains the recipe of a plan."""
    return f"ganzoo run {shlex.quote(str(folder / RECIPE_FILE))}"


def write_plan(
    plan: RecipePlan, folder: Path, *, replace: bool = False, called: Path | None = None
) -> list[Path]:
    """Write the files of a plan into a new folder; returns their paths, the recipe first.

    replace: write them in place of those that are there.
    called: the folder that the page names, if they will be moved.

    Raises:
        GanzooError: the folder exists already, or cannot be written.
    """
    try:
        if replace and folder.is_dir():
            _write_files(plan, folder, called or folder)
        else:
            _write_folder(plan, folder, called or folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise GanzooError(f"{folder}: the plan cannot be written there ({reason})") from None
    return [folder / name for name in PLAN_FILES]


def keep_trials(trials: Path, folder: Path) -> None:
    """Move the folder of trials to the plan that came of them, in place of earlier ones."""
    if trials.is_dir():
        remove(folder / TRIALS)
        with suppress(OSError):
            trials.rename(folder / TRIALS)


def _write_folder(plan: RecipePlan, folder: Path, called: Path) -> None:
    """Write into a folder beside it, which is renamed when it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(temporary_name())
    try:
        _write_files(plan, beside, called)
        beside.rename(folder)
    except BaseException:
        remove(beside)
        raise
    sync_folder(folder.parent)


def _write_files(plan: RecipePlan, folder: Path, called: Path) -> None:
    write_text(folder / FINGERPRINT_FILE, as_json(plan.facts))
    write_text(folder / PAGE_FILE, plan_page(plan, run_command(called)))
    write_text(folder / RECIPE_FILE, plan.text)
