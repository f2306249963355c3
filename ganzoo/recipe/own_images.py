"""What to say to somebody who names a folder of images where a recipe's data are read from none."""

from __future__ import annotations

from dataclasses import replace

from ganzoo.errors import Fault
from ganzoo.recipe.tables import ComponentTable
from ganzoo.registry.components import Registry
from ganzoo.registry.outline import read_outline

# The data sets of one's own images, and their settings that name folders.
KINDS = ("folders", "paired_folders", "class_folders")
NAMING = ("root", "x", "y", "test_x", "test_y", "train", "test", "classes")


def own_images(fault: Fault, table: ComponentTable, registry: Registry) -> Fault:
    """A fault of the table `data`; of a setting that names a folder, with the way to own images."""
    key = fault.path.removeprefix("data.")
    if key not in NAMING or "has no setting" not in fault.message:
        return fault
    other = _other(table, registry)
    ways = ["--data FOLDER", *([f"--set data.type={other}"] if other else [])]
    message = f"'{table.type}' has no setting '{key}'. For images of your own: {', or '.join(ways)}"
    return replace(fault, message=message)


def _other(table: ComponentTable, registry: Registry) -> str:
    """The data set of own images that takes the place of a table which may train on pairs."""
    outline = read_outline(registry.get("data", table.type).target)
    if outline is None or "paired" not in outline.settings:
        return ""
    return "paired_folders" if table.settings.get("paired") else "folders"
