"""The files of a plan, which a run of its recipe keeps. No torch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ganzoo.files.untrusted import UntrustedError, read_plain
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.runs.layout import FINGERPRINT_FILE, PAGE_FILE, RunPaths

PLAN_FILES = (RECIPE_FILE, FINGERPRINT_FILE, PAGE_FILE)
LARGEST = 1 << 24  # bytes of one


def read_plan_files(recipe: Path) -> dict[str, bytes]:
    """The files of the plan that a recipe is of, by name; empty if it is of none.

    recipe: its file, or its folder. Files that cannot be read are left out.
    """
    folder = recipe.parent if recipe.name == RECIPE_FILE else recipe
    if not RunPaths(folder).is_plan():
        return {}
    files: dict[str, bytes] = {}
    for name in PLAN_FILES:
        with suppress(OSError, UntrustedError):
            files[name] = read_plain(folder / name, LARGEST)
    return files
