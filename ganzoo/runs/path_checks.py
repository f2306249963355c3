"""Checks of paths before torch is imported, so that a missing file is reported within a second."""

from __future__ import annotations

from pathlib import Path

from ganzoo.errors import DataError, RunError, cut
from ganzoo.runs.layout import RunPaths


def refuse_taken(folder: Path) -> None:
    """Check early that the folder of a new run does not exist yet.

    Raises:
        RunError: the folder exists.
    """
    if not is_there(folder):
        return
    if is_there(RunPaths(folder).recipe):
        raise RunError(
            f"{folder} already holds a run; nothing was changed. Add --resume to go on with "
            f"it, or --out DIR for another folder"
        )
    raise RunError(f"{folder} already exists; nothing was changed. Choose another with --out DIR")


def refuse_missing(model: Path | None, *images: Path | None, best: bool = False) -> None:
    """Check early that a model, and the images for it, exist.

    model: see `find_model`. images: files or folders; None is not checked.
    best: whether the model is the best one of a run's folder.

    Raises:
        ModelError: there is no such model, or the folder holds none.
        DataError: a path of images does not exist.
    """
    if model is not None:
        from ganzoo.runs.model_names import find_model

        model = find_model(model)
    for path in images:
        if path is not None and not is_there(path):
            raise DataError(f"{cut(str(path), 200)}: there is no such file or folder")
    if model is not None:
        from ganzoo.runs.model_files import refuse_modelless

        refuse_modelless(model, best)


def is_there(path: Path) -> bool:
    """Whether a file or folder exists at a path; False if the path is no valid path."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
