"""What a MODEL argument means: a path, a ready model's name, a bundle, or a model of the hub.

A path that exists wins. No torch is imported. Of ready models nothing but the list of names is
read; a bundle is opened, and a model of the hub is fetched, into ganzoo's cache.
"""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.errors import ModelError, cut, did_you_mean
from ganzoo.runs.path_checks import is_there

NAME = re.compile(r"[\w-]+/[\w-]+", re.ASCII)
BUNDLE_SUFFIX = ".ganzoo"  # of a bundle
HUB = "hf:"  # with what the names of models on Hugging Face's hub begin


def find_model(model: str | Path) -> Path:
    """The file or folder that a MODEL argument means.

    model: as a person typed it: `runs/mine`, `streets/cyclegan`, `mine.ganzoo`, `hf:me/streets`.

    Raises:
        ModelError: there is no such file or folder, and no ready model of that name.
        GanzooError: a bundle is refused, or a model of the hub cannot be had.
    """
    path = Path(model)
    if is_there(path):
        return _unpacked(path) if path.suffix == BUNDLE_SUFFIX and path.is_file() else path
    if str(model).startswith(HUB):
        from ganzoo.runs.hub_files import find_hub_model

        return find_hub_model(str(model))
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


def find_place(source: str) -> Path:
    """Where a run or a ready model of that name is; the path itself, if there is neither."""
    path = Path(source)
    return path if is_there(path) else ready_folder(source) or path


def _unpacked(path: Path) -> Path:
    """The folder of a bundle, which is unpacked where that was not done before."""
    from ganzoo.runs.bundle_reading import find_unpacked

    return find_unpacked(path)


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
