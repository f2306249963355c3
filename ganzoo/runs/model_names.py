"""What a MODEL argument means: a path, a ready model's name, a bundle, or a model of the hub.

A path that exists wins. No torch is imported. Of ready models nothing but the list of names is
read; a bundle is opened, and a model of the hub is fetched, into ganzoo's cache.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from ganzoo.errors import ModelError, RunError, cut, did_you_mean
from ganzoo.runs.layout import RunPaths
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
    folder = packed_folder(model)
    if folder is None and is_there(path):
        return path
    folder = folder or ready_folder(model)
    if folder is None:
        raise ModelError(
            f"{cut(str(model), 200)}: there is no such file or folder{_about_names(path)}"
        )
    return folder


def is_packed(model: str | Path) -> bool:
    """Whether a MODEL argument means a bundle or a model of the hub, which the cache unpacks."""
    path = Path(model)
    if is_there(path):
        return path.suffix == BUNDLE_SUFFIX and path.is_file()
    return str(model).startswith(HUB)


def packed_folder(model: str | Path) -> Path | None:
    """The folder in ganzoo's cache of a bundle or of a model of the hub; None of anything else.

    Raises:
        GanzooError: a bundle is refused, or a model of the hub cannot be had.
    """
    if not is_packed(model):
        return None
    if is_there(Path(model)):
        from ganzoo.runs.bundle_reading import find_unpacked

        return find_unpacked(Path(model))
    from ganzoo.runs.hub_files import find_hub_model

    return find_hub_model(str(model))


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


def names_run(source: str) -> bool:
    """Whether a system to compare is a run, or a ready model; otherwise it is a recipe.

    Raises:
        RunError: it is a bundle, an opened one, or a model of the hub: they have no record of a
            run.
    """
    paths = RunPaths(find_place(source))
    if is_packed(source) or (
        paths.model.is_file() and not paths.record.is_file() and not paths.saved()
    ):
        shown = shlex.quote(source)
        raise RunError(
            f"{source}: this model came without the record of its run, so it cannot be compared; "
            f"measure it with ganzoo evaluate {shown}, and see its card or recipe with ganzoo show "
            f"{shown}"
        )
    return paths.is_run()


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
