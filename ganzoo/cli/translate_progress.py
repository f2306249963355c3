"""How far a translation is: one line, however many images there are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ganzoo.printing.text import say

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, Task
    from rich.text import Text

EVERY = 30.0  # seconds between two lines where there is no terminal


class ImageProgress:
    """Lines about how many images are done, of how many: one every EVERY seconds.

    total: how many there are. clock: seconds that pass.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.clock, self.done = total, clock, 0
        self.start = self.last = clock()

    def advance(self) -> None:
        """One more is done."""
        self.done += 1
        now = self.clock()
        if now - self.last >= EVERY and self.done < self.total:
            self.last = now
            say(format_progress(self.done, self.total, now - self.start))

    def tell(self, text: str) -> None:
        """Print a line of something else, to stderr."""
        say(text, err=True)


class Bar(ImageProgress):
    """A bar in a terminal, with images a second and the time left."""

    def __init__(self, total: int, progress: Progress) -> None:
        super().__init__(total)
        self.progress = progress
        self.task = progress.add_task("", total=total)

    def advance(self) -> None:
        """One more is done."""
        self.progress.advance(self.task)

    def tell(self, text: str) -> None:
        """Print a line above the bar."""
        self.progress.console.print(text)


def format_progress(done: int, total: int, seconds: float) -> str:
    """`40 of 200 images, 3.4 images/s, 0:00:47 left`."""
    from datetime import timedelta

    rate = done / max(seconds, 1e-9)
    left = timedelta(seconds=round((total - done) / rate))
    return f"{done} of {total} images, {rate:.3g} images/s, {left} left"


@contextmanager
def show_progress(total: int) -> Iterator[ImageProgress]:
    """A bar where stderr is a terminal, which is gone afterwards; else lines on stdout."""
    from ganzoo.printing.terminal import Terminal

    console = Terminal(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield ImageProgress(total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), "images", _speed_column(), TimeRemainingColumn()
    both = sys.stdout.isatty()  # else what is printed belongs into its file
    with Progress(*columns, console=console, transient=True, redirect_stdout=both) as progress:
        yield Bar(total, progress)


def _speed_column() -> ProgressColumn:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class SpeedColumn(ProgressColumn):
        """Images a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g} images/s" if task.speed else "")

    return SpeedColumn()
