"""The papers' real-vs-fake study with people, as commands of ganzoo: made, served, reported.

Every `ganzoo` command imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    import typer

GANZOO_API = 2


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """`ganzoo study create|serve|report`, and what prepares them and tries them out."""
    from ganzoo_study import study_commands, study_tools  # noqa: F401  they add themselves
    from ganzoo_study.study_app import app as study

    app.add_typer(study, name="study")
