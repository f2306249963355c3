"""Accelerate's trackers: checked, begun for a run, and shown its pictures.

TensorBoard alone is known by name. All others are used as Accelerate has them. Nothing of a
tracker's own package is imported before a recipe names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import tracking
from accelerate.utils import LoggerType

from ganzoo.builder.tracker_names import tracker_classes
from ganzoo.components.data.image_opening import open_image
from ganzoo.errors import Fault, choices

TENSORBOARD = "tensorboard"
# Parameters of TensorBoard's writer that ganzoo or Accelerate give, so that a recipe may not.
GIVEN = ("log_dir", "purge_step")
PROJECT = "ganzoo"  # where a recipe names none


def wrong_settings(name: str, settings: Mapping[str, Any]) -> list[Fault]:
    """That its package is missing; of TensorBoard, the settings that it does not have."""
    if name in LoggerType.list() and name not in map(str, tracking.get_available_trackers()):
        package = name.replace("_", "-")
        message = f"the package '{package}' is missing: pip install {package}"
        return [Fault(f"trackers.{name}", message)]
    if name != TENSORBOARD:
        return []
    known = _tensorboard_settings()
    return [
        Fault(f"trackers.{name}.{key}", f"'{name}' has no setting '{key}'.{choices(key, known)}")
        for key in settings
        if key not in known
    ]


def _tensorboard_settings() -> list[str]:
    from torch.utils.tensorboard import SummaryWriter

    parameters = inspect.signature(SummaryWriter).parameters
    return [*(name for name in parameters if name not in GIVEN), "logging_dir"]


def begin_tracker(name: str, settings: Mapping[str, Any], folder: Path, step: int) -> Any:
    """A tracker that has begun.

    folder: the run's; trackers that write files do so there, or in the setting `logging_dir`.
    step: how many steps the run has made.
    """
    kind, given = tracker_classes()[name], dict(settings)
    if name == TENSORBOARD:
        project = folder.resolve().name if "logging_dir" in given else name
        given |= {"purge_step": step + 1} if step else {}  # a resumed run writes these steps again
    else:
        project = given.pop("project", PROJECT)
    place = [given.pop("logging_dir", str(folder))] if kind.requires_logging_directory else []
    tracker = kind(project, *place, **given)
    if hasattr(tracker, "start"):  # in older versions of Accelerate the constructor starts it
        tracker.start()
    return tracker


def send_settings(name: str, tracker: Any, recipe: str, flat: Mapping[str, Any], step: int) -> None:
    """Show the recipe in the tracker's own way.

    recipe: as TOML, for TensorBoard, whose own way would make a second run.
    flat: its settings by dotted path.
    """
    if name == TENSORBOARD:
        text = "\n".join(f"    {line}" for line in recipe.splitlines())
        tracker.log({"recipe": text}, step=step)
    else:
        tracker.store_init_configuration(flat)


def send_picture(name: str, tracker: Any, file: Path, step: int) -> None:
    """Show a picture; a tracker for which Accelerate has no way to show any is left alone."""
    if not hasattr(tracker, "log_images"):
        return
    with open_image(file, ["PNG"]) as opened:
        picture = opened.convert("RGB")
    if name == TENSORBOARD:
        tracker.log_images({"samples": np.asarray(picture)[None]}, step, dataformats="NHWC")
    else:
        tracker.log_images({"samples": [picture]}, step)
