"""`ganzoo data check FOLDER`: a folder of images, looked at before the first hour is lost."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say_aside, say_json

if TYPE_CHECKING:
    from ganzoo.inspection.inspect_folder import Inspection


class Use(StrEnum):
    """What a recipe learns from."""

    domains = "domains"
    pairs = "pairs"
    classes = "classes"
    images = "images"


FolderOf = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to check.")]
As = Annotated[
    Use | None,
    typer.Option(
        "--as", help="What it will be used as. [default: as its folders and names suggest]"
    ),
]
Size = Annotated[
    int, typer.Option("--size", min=1, help="The size to train at; smaller images are noted.")
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--sheet",
        metavar="FILE.png",
        help="Draw some images of each folder, and those that findings are about.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def check(
    folder: FolderOf,
    as_: As = None,
    size: Size = 256,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Check a folder of images before training: what is there, what is wrong, what to do.

    It ends with code 1 if something would stop a training or spoil it, else with 0.
    """
    from ganzoo.components.data.layout_advice import require_folder

    require_folder(folder, "")
    if sheet is not None:
        _check_sheet(sheet, folder)
    inspection = _inspect(folder, as_, size)
    _print(inspection, as_json)
    if sheet is not None:
        _draw(inspection, sheet)
    if inspection.count("error") or inspection.count("warning"):
        raise typer.Exit(1)


def _print(inspection: Inspection, as_json: bool) -> None:
    if as_json:
        from ganzoo.inspection.inspection_record import as_object

        say_json(as_object(inspection))
    else:
        from ganzoo.cli.pages.inspection_page import print_inspection

        print_inspection(inspection)


def _inspect(folder: Path, use: Use | None, size: int) -> Inspection:
    import_torch()
    from ganzoo.evaluation.progress import progress
    from ganzoo.inspection.inspect_folder import inspect_folder
    from ganzoo.printing.terminal import Terminal

    with progress(Terminal(stderr=True), "looking for images") as tick:
        return inspect_folder(folder, use.value if use else None, size, tick)


def _check_sheet(sheet: Path, folder: Path) -> None:
    if sheet.suffix.lower() != ".png":
        raise GanzooError(f"--sheet {sheet}: write a file's name that ends in .png")
    if Path(os.path.realpath(sheet)).is_relative_to(os.path.realpath(folder)):
        raise GanzooError(
            f"--sheet {sheet}: it would lie in the folder of images, and be one of them; write it "
            "elsewhere"
        )


def _draw(inspection: Inspection, sheet: Path) -> None:
    from ganzoo.components.writers.png_writer import save_png
    from ganzoo.inspection.contact_sheet import draw_sheet

    try:
        save_png(draw_sheet(inspection), sheet)
    except OSError as error:
        raise GanzooError(f"--sheet {sheet}: it cannot be written: {error.strerror}") from error
    say_aside(f"sheet: {sheet}")
