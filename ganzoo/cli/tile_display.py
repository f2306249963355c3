"""Shows how far an image is that is computed in tiles."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ganzoo.printing.text import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class TileDisplay:
    """One sentence for an image, and on a terminal a bar with megapixels and the time left.

    Nothing that goes wrong with the bar reaches the translation.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def start(self, name: str, sentence: str, total: float, done: float) -> None:
        """An image begins, of which so many pixels of `total` are done already."""
        before = f", of which {done / total:.0%} are done" if done else ""
        say(f"{name}: {sentence}{before}")
        with suppress(Exception):
            self._bar = _make_bar()
            if self._bar is not None:
                self._bar.start()
                self._task = self._bar.add_task(name, total=total / 1e6)
                self._bar.advance(self._task, done / 1e6)

    def advance(self, pixels: float) -> None:
        """So many more pixels of it are done."""
        with suppress(Exception):
            if self._bar is not None and self._task is not None:
                self._bar.advance(self._task, pixels / 1e6)

    def finish(self) -> None:
        """It is done, or given up."""
        with suppress(Exception):
            if self._bar is not None:
                self._bar.stop()
        self._bar = None


def _make_bar() -> Progress | None:
    """A bar on stderr; None if that is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from ganzoo.printing.terminal import Terminal

    console = Terminal(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        return None
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.1f} of {task.total:.1f} Mpx", markup=False),
        TimeRemainingColumn(),
    )
    both = sys.stdout.isatty()
    return Progress(*columns, console=console, transient=True, redirect_stdout=both)
