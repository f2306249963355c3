"""The group of commands `ganzoo study`; its commands add themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Ask people which of two images is generated: make a study, serve it, report.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="A study's folder.")]
