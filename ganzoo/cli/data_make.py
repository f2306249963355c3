"""`ganzoo data make NAME FOLDER`: a data set as folders of image files, for other tools."""

from __future__ import annotations

import json
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.torch_import import import_torch
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say, say_aside

if TYPE_CHECKING:
    from ganzoo.datasets.folder_layout import FolderLayout
    from ganzoo.interfaces import Data
    from ganzoo.registry.components import Component


class ImageFormat(StrEnum):
    """What images are written as."""

    png = "png"
    tiff = "tiff"


def make(
    name: Annotated[str, typer.Argument(help="The data set: streets, digits, earth, or another.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting: --set size=64"),
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Training pairs, not two unpaired folders.")
    ] = False,
    format_: Annotated[
        ImageFormat | None,
        typer.Option("--format", help="[default: png, if it can hold the images]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="For what is random about them.")] = 0,
) -> None:
    """Write a data set as folders of images, so that other tools can read it."""
    from ganzoo.datasets.provenance import refuse_filled

    refuse_filled(folder)
    component = _find(name)
    given = _settings(component, [*(set_ or []), *(["paired=true"] if paired else [])])
    import_torch()
    from ganzoo.datasets.folder_layout import find_layout
    from ganzoo.datasets.image_folders import ImageFolders
    from ganzoo.evaluation.progress import progress
    from ganzoo.printing.terminal import Terminal

    data, settings = _build(component, given)
    layout = find_layout(data, component.name)
    data.prepare()
    facts = _describe(component, settings)
    writing = ImageFolders(data, folder, layout, facts, format_ or "", seed)
    try:
        with progress(Terminal(file=sys.stderr), "writing") as tick:
            record = writing.write(lambda doing, done, total: tick(done, total, doing))
    except KeyboardInterrupt:
        say_aside(f"\nstopped; the same command goes on in {folder}")
        raise typer.Exit(STOPPED) from None
    _summarise(folder, layout, record)


def _describe(component: Component, settings: dict[str, Any]) -> dict[str, Any]:
    """What the folder's record says of the data set, as JSON."""
    package = f"{component.package} {component.version}"
    plain = json.loads(json.dumps(settings, default=str))
    return {"name": component.name, "package": package, "settings": plain}


def _find(name: str) -> Component:
    """The data set of that name, or the only one of the plugin of that name.

    Raises:
        GanzooError: there is none, or the plugin has several.
    """
    from ganzoo.errors import GanzooError, listed
    from ganzoo.registry.discovery import installed

    registry = installed().registry
    of_plugin = [each for each in registry if each.kind == "data" and _plugin(each.name) == name]
    if len(of_plugin) > 1:
        raise GanzooError(f"'{name}' has {listed(each.name for each in of_plugin)}")
    return of_plugin[0] if of_plugin else registry.get("data", name)


def _plugin(name: str) -> str:
    return name.partition(".")[0] if "." in name else ""


def _settings(component: Component, changes: list[str]) -> dict[str, Any]:
    """The settings that are given.

    Raises:
        RecipeError: they cannot be read, or the text of the component shows that they are wrong.
    """
    from ganzoo.errors import RecipeError
    from ganzoo.recipe.overrides import override
    from ganzoo.registry.outline import read_outline
    from ganzoo.registry.signature import check_outline

    full = [text if text.startswith("data.") else f"data.{text}" for text in changes]
    table = override({"data": {"type": component.name}}, full)["data"]
    given = {key: value for key, value in table.items() if key != "type"}
    outline = read_outline(component.target, 0)
    faults = list(check_outline(outline, component.name, given, "data", ())) if outline else []
    if faults:
        raise RecipeError(component.name, faults)
    return given


def _build(component: Component, given: dict[str, Any]) -> tuple[Data, dict[str, Any]]:
    """The data set and all its settings.

    Raises:
        RecipeError: settings that are wrong, or make no sense together.
    """
    from ganzoo.errors import Fault, RecipeError
    from ganzoo.registry.signature import check_settings

    kind = component.load()
    settings, faults = check_settings(kind, component.name, given, "data")
    if faults:
        raise RecipeError(component.name, faults)
    try:
        return kind(**settings), settings
    except ValueError as error:
        raise RecipeError(component.name, [Fault("data", str(error))]) from None


def _summarise(folder: Path, layout: FolderLayout, record: dict[str, Any]) -> None:
    """What was written, and what to do with it."""
    from ganzoo.datasets.provenance import count_files

    formats = ", ".join(f"{name}: {form}" for name, form in record["formats"].items())
    say(f"{record['name']}: {record['files']:,} images in {folder} ({formats})")
    for name, count in count_files(folder).items():
        say(f"  {name:<12}{count:>9,}")
    if layout.label:
        say(f"  the last {record['data']['held_out']} of each folder are for tests, by name")
    say(f"\nTrain on it: {_command(folder, record['data'])}")


def _command(folder: Path, table: dict[str, Any]) -> str:
    """A command that trains on the folder, with what its images need to be read as they are."""
    words = ["ganzoo", "run", RECIPES[table["type"]], "--data", str(folder)]
    for key in ("size", "pages", "depth", "channels", "held_out", "range"):
        if key in table:  # a text needs no quotes
            words += ["--set", f"data.{key}={_as_toml(table[key])}"]
    return shlex.join(words)


def _as_toml(value: Any) -> str:
    """A value of such a table, as `--set` takes it."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {each}' for key, each in value.items())} }}"
    return str(value)


RECIPES = {"folders": "cyclegan", "paired_folders": "pix2pix", "class_folders": "cgan"}
