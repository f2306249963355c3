"""What ganzoo knows of Accelerate's trackers: where settings go, how runs and pictures are named.

Nothing of a tracker is imported before a recipe names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.builder.tracker_names import tracker_classes
from ganzoo.components.data.image_opening import opened_picture
from ganzoo.errors import Fault, choices


@dataclass(frozen=True)
class Place:
    """Where a run is, for a tracker.

    name: of the run. folder: its own. key: characters that no other run has.
    known: what the tracker called the run when it began; "" for one that begins.
    resumed: whether the run goes on; done: how many steps it has.
    """

    name: str
    folder: Path
    key: str
    known: str
    resumed: bool
    done: int


@dataclass(frozen=True)
class Kind:
    """One of the trackers.

    package: what pip calls it. module: what is imported.
    init: what takes the settings, `module:name`.
    project: the setting that is Accelerate's `project_name`.
    own: settings that ganzoo or Accelerate give, so that a recipe may not.
    begin: settings that ganzoo gives where the recipe does not.
    known: how the tracker calls the run, to find it again.
    """

    package: str
    module: str
    init: str = ""
    project: str = ""
    own: tuple[str, ...] = ()
    begin: Callable[[Place], dict[str, Any]] = lambda place: {}
    known: Callable[[Any], str] = lambda run: ""


def _found(setting: str) -> Callable[[Place], dict[str, Any]]:
    """A tracker that is told how it called the run."""
    return lambda place: {setting: place.known} if place.known else {}


KINDS: Mapping[str, Kind] = {
    "tensorboard": Kind(
        "tensorboard", "tensorboard", "torch.utils.tensorboard:SummaryWriter",
        own=("log_dir", "purge_step"),
        begin=lambda place: {"purge_step": place.done + 1} if place.resumed else {},
    ),
    "wandb": Kind(
        "wandb", "wandb", "wandb:init", "project",
        begin=lambda place: {
            "name": place.name, "dir": str(place.folder), "id": place.key, "resume": "allow",
        },
    ),
    "trackio": Kind(
        "trackio", "trackio", "trackio:init", "project",
        begin=lambda place: {
            "name": place.name, "resume": "allow" if place.resumed else "never",
        },
    ),
    "comet_ml": Kind(
        "comet-ml", "comet_ml", "comet_ml:start", "project_name",
        begin=lambda place: {"experiment_key": place.key},
    ),
    "aim": Kind(
        "aim", "aim", "aim:Run", own=("repo",), begin=_found("run_hash"),
        known=lambda run: str(run.hash),
    ),
    "mlflow": Kind(
        "mlflow", "mlflow", "accelerate.tracking:MLflowTracker", "experiment_name",
        begin=lambda place: {"run_name": place.name, **_found("run_id")(place)},
        known=lambda run: str(run.info.run_id),
    ),
    "clearml": Kind(
        "clearml", "clearml", "clearml:Task.init", "project_name",
        begin=lambda place: {"task_name": place.name, **_found("continue_last_task")(place)},
        known=lambda run: str(run.id),
    ),
    "dvclive": Kind(
        "dvclive", "dvclive", "dvclive:Live",
        begin=lambda place: {"dir": str(place.folder / "dvclive"), "resume": place.resumed},
    ),
    "swanlab": Kind(
        "swanlab", "swanlab", "swanlab:init", "project",
        begin=lambda place: {
            "experiment_name": place.name, "id": place.key[:21], "resume": "allow",
        },
    ),
}  # fmt: skip


def wrong_settings(name: str, settings: Mapping[str, Any]) -> list[Fault]:
    """That its package is missing, or the settings that it does not have."""
    kind = KINDS.get(name)
    if kind is None:
        return []
    if not any(map(_installed, {kind.module, "tensorboardX" if name == "tensorboard" else ""})):
        message = f"the package '{kind.package}' is missing: pip install {kind.package}"
        return [Fault(f"trackers.{name}", message)]
    known = _parameters(name, kind)
    if known is None:
        return []
    return [
        Fault(f"trackers.{name}.{key}", f"'{name}' has no setting '{key}'.{choices(key, known)}")
        for key in settings
        if key not in known
    ]


def _installed(module: str) -> bool:
    return bool(module) and find_spec(module) is not None


def _parameters(name: str, kind: Kind) -> list[str] | None:
    """The settings that a tracker takes; None where it takes any."""
    module, _, path = kind.init.partition(":")
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if found is None:
        return None
    parameters = inspect.signature(found).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
    folder = ["logging_dir"] if tracker_classes()[name].requires_logging_directory else []
    return [*(n for n in names if n not in kind.own), *folder]


def make_tracker(name: str, settings: Mapping[str, Any], place: Place) -> Any:
    """A tracker that has begun, or goes on with the run that it knows."""
    kind, part = KINDS.get(name, Kind("", "")), tracker_classes()[name]
    given = {**kind.begin(place), **settings}
    project = given.pop(kind.project, "ganzoo") if kind.project else place.name
    if name == "tensorboard" and "logging_dir" not in given:
        project = "tensorboard"
    where = [given.pop("logging_dir", str(place.folder))] if part.requires_logging_directory else []
    tracker = part(project, *where, **given)
    if hasattr(tracker, "start"):  # before, its constructor did
        tracker.start()
    return tracker


def known_as(name: str, tracker: Any) -> str:
    """How the tracker calls the run; nothing where it does not say."""
    try:
        return KINDS[name].known(tracker.tracker) if name in KINDS else ""
    except AttributeError:
        return ""


def send_picture(name: str, tracker: Any, file: Path, step: int) -> None:
    """Show a picture in the tracker's own way; one that has none is left alone."""
    with opened_picture(file, ["PNG"]) as opened:
        picture = opened.convert("RGB")
    if name == "tensorboard":
        tracker.log_images({"samples": np.asarray(picture)[None]}, step, dataformats="NHWC")
    elif name == "mlflow":
        tracker.log_artifact(str(file), "samples")
    elif name == "comet_ml":
        tracker.tracker.log_image(str(file), name="samples", step=step)
    elif name == "dvclive":
        tracker.tracker.log_image(f"samples/{file.name}", str(file))
    elif name == "trackio":
        tracker.log({"samples": import_module("trackio").Image(str(file))}, step=step)
    elif name in ("aim", "clearml"):
        tracker.log_images({"samples": picture if name == "aim" else np.asarray(picture)}, step)
    elif hasattr(tracker, "log_images"):
        tracker.log_images({"samples": [picture]}, step)
