"""Paths that are looked at before torch is imported: what is missing is told within a second."""

from __future__ import annotations

from pathlib import Path

from ganzoo.errors import DataError, ModelError, RunError, cut
from ganzoo.runs.layout import RunPaths


def refuse_taken(folder: Path) -> None:
    """Say early that the folder of a new run is taken.

    Raises:
        RunError: it is there already.
    """
    if not is_there(folder):
        return
    if is_there(RunPaths(folder).recipe):
        raise RunError(
            f"{folder} already holds a run; nothing was changed. Add --resume to go on with "
            f"it, or --out DIR for another folder"
        )
    raise RunError(f"{folder} is there already; nothing was changed. Choose another with --out DIR")


def refuse_missing(model: Path | None, *images: Path | None) -> None:
    """Say early that a model, or images for it, are not there.

    model: a file, or a folder.

    Raises:
        ModelError, DataError: it is not there.
    """
    if model is not None and not is_there(model):
        raise ModelError(f"{cut(str(model), 200)}: there is no such file or folder")
    for path in images:
        if path is not None and not is_there(path):
            raise DataError(f"{cut(str(path), 200)}: there is no such file or folder")


def is_there(path: Path) -> bool:
    """Whether anything is at a path; what can be no path is not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
