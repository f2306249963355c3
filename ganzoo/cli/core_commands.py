"""The core's commands: their first sentences for the help, and where they are defined.

A command's module is imported when the command is used, and its body imports what it needs, so that
`ganzoo --help` imports neither torch nor pydantic nor any command.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

Commands: TypeAlias = dict[str, tuple[str, str]]
"""The function of each command, and the first sentence of its docstring, in the help's order."""

DATA: Commands = {
    "check": (
        "data_check:check",
        "Check a folder of images before training: what is there, what is wrong, what to do.",
    ),
    "make": (
        "data_make:make",
        "Write a data set as folders of images, so that other tools can read it.",
    ),
    "fetch": (
        "data_fetch:fetch",
        "Fetch a public data set from its authors; without a name, list them.",
    ),
    "preview": (
        "data_preview:preview",
        "Draw what networks will see: the first training samples, with and without augmentation.",
    ),
}
CORE: Commands = {
    "plan": (
        "plan_:plan",
        "Plan a recipe for your images: two folders in, a recipe out, a reason for every value.",
    ),
    "run": ("run:run", "Train a recipe; everything it makes goes into one folder."),
    "resume": (
        "resume:resume",
        "Go on with a run, by its own recipe and in as many processes as before.",
    ),
    "translate": ("translate:translate", "Translate one image or a folder; sizes are kept."),
    "sample": ("sample:sample", "Draw random images, of a chosen class if the model has classes."),
    "demo": (
        "demo:demo",
        "Show models on a page in the browser: drop a picture, see it translated, download it.",
    ),
    "evaluate": (
        "evaluate:evaluate",
        "Compute the metrics of a model's recipe on held-out images, with 95 % intervals.",
    ),
    "compare": (
        "compare:compare",
        "Train what is not trained yet, then put all systems into one table and one picture.",
    ),
    "reproduce": (
        "reproduce:reproduce",
        "Train the systems of the papers' tables, and write scores beside the published ones.",
    ),
    "report": (
        "report_:report",
        "Write report.html of a run anew, from the files in its folder; open it in a browser.",
    ),
    "benchmark": (
        "benchmark:benchmark",
        "Measure how fast a model is by each engine, and how far from plain eager.",
    ),
    "distill": (
        "distill:distill",
        "Distil a model into a smaller one: write its recipe, train it, and compare both.",
    ),
    "import": (
        "import_:import_",
        "Make a model of weights from elsewhere: what they are is read from the file itself.",
    ),
    "export": (
        "export:export",
        "Write an output of a model as ONNX, OpenVINO, torch.export or the authors' .pth.",
    ),
    "bundle": (
        "bundle:bundle",
        "Put a model into one file: weights, recipe, card and pictures, and never code.",
    ),
    "open": (
        "open_:open_",
        "Write a bundle's files into a folder, which is a model then; no code comes from it.",
    ),
    "push": (
        "push:push",
        "Send a model to Hugging Face's hub: card, recipe, picture and weights, in one commit.",
    ),
    "list": (
        "list_:list_",
        "List the installed components, recipes, models and plugins, and the runs below here.",
    ),
    "show": (
        "show:show",
        "Show a component, a recipe and its objective, or a model's card, on one page.",
    ),
    "check": ("check:check", "Check a recipe without data: wires, shapes, parameters, cost."),
    "data": ("", "Fetch, make or check the images that you want to train on."),
    "new": ("new:new", "Begin a plugin package or a recipe: complete, small, working as written."),
}


# The commands below a command of CORE.
GROUPS = {"data": DATA}


class Group(TyperGroup):
    """Commands below one of the core's, such as `ganzoo data check`."""

    def __init__(self, name: str, table: Commands) -> None:
        super().__init__(name=name, help=CORE[name][1], no_args_is_help=True, rich_markup_mode=None)
        self.table = table

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of their table."""
        return [*self.table]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name, imported now."""
        if cmd_name in self.table and cmd_name not in self.commands:
            self.add_command(_import(cmd_name, self.table[cmd_name][0]), cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands on the page of help; none is imported for that."""
        brief = TyperGroup(commands={**list_briefly(self.table)}, rich_markup_mode=None)
        brief.format_commands(ctx, formatter)


def import_command(name: str) -> Any:
    """A command of the core, or a group of them, ready to run."""
    return Group(name, GROUPS[name]) if name in GROUPS else _import(name, CORE[name][0])


def list_briefly(table: Commands = CORE) -> dict[str, TyperCommand]:
    """Commands with nothing but their first sentences, for a page of help."""
    return {name: TyperCommand(name, help=text) for name, (_, text) in table.items()}


def _import(name: str, target: str) -> Any:
    module, _, function = target.partition(":")
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name)(getattr(import_module(f"ganzoo.cli.{module}"), function))
    return typer.main.get_command(alone)
