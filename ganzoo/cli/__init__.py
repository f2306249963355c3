"""The command line: one small file for each command, and one place that prints errors."""

from __future__ import annotations

import io
import sys
import traceback
from typing import Annotated

import typer

from ganzoo import __version__
from ganzoo.cli.group import Commands
from ganzoo.launch.worker import end_at_once, is_launched, launcher, report
from ganzoo.printing.text import guard_warnings, say
from ganzoo.training.streams import open_streams

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Commands,
    name="ganzoo",
    help="A zoo of generative adversarial networks, made of components that anyone can add to.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"ganzoo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            envvar="GANZOO_DEBUG",
            help="Show the traceback of an error; may stand anywhere on the line.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """A zoo of generative adversarial networks, made of components that anyone can add to."""


def main() -> None:
    """Run the command line: exit code 2 for a mistake of the user, 130 after Ctrl-C."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the terminal may lack characters such as ‖ and ²
    guard_warnings()
    try:
        app()
    except SystemExit as end:
        if is_launched():
            end_at_once(end.code)
        raise
    except Exception as error:
        if launcher():
            report(error)
        else:  # a fault of ganzoo's own
            say(traceback.format_exc(), err=True, end="")
        sys.exit(1)
