"""`ganzoo data check FOLDER`: a folder of images, looked at before the first hour is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.importing import import_torch
from ganzoo.printing.text import say


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to check.")],
) -> None:
    """Check a folder of images before training: what is there, what is wrong, what to do."""
    from ganzoo.components.data.image_listing import counted, format_left_out, shown, survey
    from ganzoo.components.data.layout_advice import require_folder

    require_folder(folder)
    there = survey(folder)
    import_torch()
    from ganzoo.components.data.headers import header_warnings
    from ganzoo.components.data.inspecting import read_headers
    from ganzoo.interfaces.variable import Variable

    headers, wrong = read_headers((path, Variable()) for path in there.images)
    facts = [counted(len(there.images)), format_left_out([there])]
    say(f"{shown(folder)}: {', '.join(fact for fact in facts if fact)}")
    for line in [*header_warnings(headers), *map(str, wrong.values())]:
        say(f"  {line}")
    if wrong or not there.images:
        raise typer.Exit(1)
