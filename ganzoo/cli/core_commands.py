"""The core's commands: their first sentences for the help, and where they are defined.

A command's module is imported when the command is used, and its body imports what it needs, so that
`ganzoo --help` imports neither torch nor pydantic nor any command.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

# The function of each command, and the first sentence of its docstring, in the help's order.
CORE = {
    "run": ("run:run", "Train a recipe; everything it makes goes into one folder."),
    "resume": (
        "resume:resume",
        "Go on with a run, by its own recipe and in as many processes as before.",
    ),
    "translate": ("translate:translate", "Translate one image or a folder; sizes are kept."),
    "sample": ("sample:sample", "Draw random images, of a chosen class if the model has classes."),
    "evaluate": (
        "evaluate:evaluate",
        "Compute the metrics of a model's recipe on held-out images, with 95 % intervals.",
    ),
    "compare": (
        "compare:compare",
        "Train what is not trained yet, then put all systems into one table and one picture.",
    ),
    "report": (
        "report_:report",
        "Write report.html of a run anew, from the files in its folder; open it in a browser.",
    ),
    "list": (
        "list_:list_",
        "List the installed components, recipes and plugins, and the runs below this folder.",
    ),
    "show": ("show:show", "Show a component, or a recipe and its objective, on one page."),
    "check": ("check:check", "Check a recipe without data: wires, shapes, parameters, cost."),
    "new": ("new:new", "Begin a plugin package or a recipe: complete, small, working as written."),
}


def import_command(name: str) -> Any:
    """A command of the core, ready to run."""
    module, _, function = CORE[name][0].partition(":")
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name)(getattr(import_module(f"ganzoo.cli.{module}"), function))
    return typer.main.get_command(alone)


def list_briefly() -> dict[str, TyperCommand]:
    """The core's commands with nothing but their first sentences, for a page of help."""
    return {name: TyperCommand(name, help=text) for name, (_, text) in CORE.items()}
