"""A progress bar for the time in which scores are computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ganzoo.evaluation.showing import Tick, no_tick


@contextmanager
def progress(console: Console, doing: str) -> Iterator[Tick]:
    """Show a progress bar on a terminal while scores are computed, then remove it.

    Nothing is shown if the output is no terminal.
    doing: the bar's text until the first tick.
    """
    if not console.is_terminal or console.is_dumb_terminal or console.quiet:
        yield no_tick
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        *(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
    )
    both = sys.stdout.isatty()  # if stdout is a file, prints go there, not above the bar
    with Progress(*columns, console=console, transient=True, redirect_stdout=both) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total, said: bar.update(
            task, completed=done, total=total, description=said
        )
