"""What a MODEL argument means: a path, or the name of a ready model of an installed package.

A path that exists wins. No torch is imported, and nothing but the list of names is read.
"""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.errors import ModelError, cut, did_you_mean
from ganzoo.runs.path_checks import is_there

NAME = re.compile(r"[\w-]+/[\w-]+", re.ASCII)


def find_model(model: str | Path) -> Path:
    """The file or folder that a MODEL argument means: `runs/mine`, or `streets/cyclegan`.

    Raises:
        ModelError: there is no such file or folder, and no ready model of that name.
    """
    path = Path(model)
    if is_there(path):
        return path
    folder = ready_folder(model)
    if folder is None:
        raise ModelError(
            f"{cut(str(model), 200)}: there is no such file or folder{_about_names(path)}"
        )
    return folder


def ready_folder(model: str | Path) -> Path | None:
    """The folder of a ready model; None if no installed package has one of that name."""
    from ganzoo.registry.discovery import installed

    name = Path(model).as_posix()
    entry = installed().models.get(name) if NAME.fullmatch(name) else None
    return entry[0] if entry else None


def place_of(source: str) -> Path:
    """Where a run or a ready model of that name is; the path itself, if there is neither."""
    path = Path(source)
    return path if is_there(path) else ready_folder(source) or path


def _about_names(path: Path) -> str:
    """What to say of ready models, if the path could be meant as the name of one."""
    from ganzoo.registry.discovery import installed
    from ganzoo.registry.former import READY_MODELS, how_to_install

    name = path.as_posix()
    if not NAME.fullmatch(name) or is_there(path.parent):
        return ""
    known = installed().models
    if not known:
        how = how_to_install(READY_MODELS)
        return f", and no ready models are installed; they come in packages: {how}"
    return f", and no ready model of that name.{did_you_mean(name, known)} See: ganzoo list models"
