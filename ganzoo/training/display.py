"""What a person sees while training: a live panel on a terminal, plain lines anywhere else."""

from __future__ import annotations

import textwrap
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ganzoo.errors import reason
from ganzoo.interfaces import Callback, LogEntry, Scores, Training
from ganzoo.printing.text import one_line, visible
from ganzoo.training.live_tables import player_table, trends_table
from ganzoo.training.session import say_aside
from ganzoo.training.speed import Clock, Speed, format_number, format_rate, format_time
from ganzoo.training.trends import Trend, Trends

Record = Mapping[str, Any]

REFRESHES = 4  # a second


def make_display(console: Console, steps: int, start: int, name: str) -> Display:
    """A display for training `name` from step `start` to `steps`, as suits the console."""
    live = console.is_terminal and not console.is_dumb_terminal and not console.quiet
    return (LiveDisplay if live else LineDisplay)(console, steps, start, name)


@contextmanager
def showing(display: Display) -> Iterator[Display]:
    """Begin and end a display; what it raises is told, and training goes on."""
    with _shielded():
        display.__enter__()
    try:
        yield display
    finally:
        with _shielded():
            display.__exit__()


@contextmanager
def _shielded() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever a display may raise
        say_aside(display_failed(reason(error)))


def display_failed(why: str) -> str:
    """That training goes on without a display."""
    return f"warning: the display has failed ({why}) and shows nothing more; training goes on"


class Display(Callback, ABC):
    """A callback, and a context that begins and ends with the training.

    steps, start: where training ends, and where it starts or goes on.
    """

    def __init__(
        self, console: Console, steps: int, start: int, name: str, clock: Clock = time.monotonic
    ) -> None:
        self.console, self.name = console, name
        self.steps, self.start, self.step = steps, start, start
        self.speed = Speed(start, clock)
        self.since = clock()
        self.trends = Trends()

    def __enter__(self) -> Self:
        self.since = self.speed.clock()
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @abstractmethod
    def begin(self) -> None:
        """Training starts."""

    @abstractmethod
    def end(self) -> None:
        """Training is over, or has failed."""

    @abstractmethod
    def show(self, record: Record) -> None:
        """Show a log record."""

    def show_trends(self, trends: Sequence[Trend]) -> None:
        """Show the trends of metrics that were just computed."""
        self.note("  ".join([self._step(), " | ".join(map(str, trends))]))

    def on_evaluation(self, training: Training, scores: Scores) -> None:
        """Show trends while training; at its end there are tables."""
        if training.step < self.steps and (trends := self.trends.add(scores)):
            self.show_trends(trends)

    def on_step(self, training: Training) -> None:
        """Only remembers the step: this is called thousands of times."""
        if self.step == self.start:  # what comes before the first step is done is no measure
            self.speed.restart(training.step)
        self.step = training.step

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """Show losses and speed."""
        self.step = entry["step"]
        self.speed.add(self.step, entry["images"])
        self.show(entry)

    def note(self, text: str, style: str = "") -> None:
        """Print a message, as one line."""
        self.console.print(Text(visible(text), style), soft_wrap=True)

    def time_left(self) -> str:
        """`4:20 left`, nothing where the speed is unknown, and `done in 9:15` at the end."""
        if self.step >= self.steps:
            return f"done in {format_time(self.speed.clock() - self.since)}"
        seconds = self.speed.seconds(self.step, self.steps - self.step)
        return "" if seconds is None else f"{format_time(seconds)} left"

    def _step(self) -> str:
        return f"step {self.step:>{len(str(self.steps))}}/{self.steps}"

    def _speed_and_time_left(self) -> list[str]:
        """Images a second and the time left, as far as they are known."""
        rate = self.speed.images_a_second()
        images = f"{format_rate(rate)} img/s" if rate else ""
        return [text for text in (images, self.time_left()) if text]


class LineDisplay(Display):
    """A line a log record, for files and pipes: no control codes, nothing wrapped."""

    def begin(self) -> None:
        """Say what is trained."""
        resumed = f", resumed at {self.start}" if self.start else ""
        self.note(f"{self.name}: {self.steps} steps{resumed}")

    def end(self) -> None:
        """Nothing is open."""

    def show(self, record: Record) -> None:
        """One line."""
        players = [
            f"{player}: "
            + " ".join(f"{term} {format_number(value)}" for term, value in terms.items())
            for player, terms in record["losses"].items()
        ]
        self.note(
            "  ".join(
                [
                    self._step(),
                    f"epoch {record['epoch']}",
                    *self._speed_and_time_left(),
                    " | ".join(players),
                ]
            )
        )


class LiveDisplay(Display):
    """A progress bar with the latest losses below it, redrawn in place by rich's own thread."""

    record: Record | None = None
    live: Live | None = None

    def begin(self) -> None:
        """Start to draw."""
        self.live = Live(
            console=self.console, refresh_per_second=REFRESHES, get_renderable=self.render
        )
        self.live.start(refresh=True)

    def end(self) -> None:
        """Leave the last state on the screen."""
        if self.live is not None:
            self.live.stop()

    def show(self, record: Record) -> None:
        """Remember the record for the next time it is drawn.

        The first one makes the panel grow: drawn here, where nothing can be printed meanwhile.
        """
        grows = self.record is None
        self.record = record
        if grows and self.live is not None:
            self.live.refresh()

    def note(self, text: str, style: str = "") -> None:
        """Print a message above the bar, broken between words only, so that paths stay whole."""
        lines = textwrap.fill(
            visible(text), self.console.width, break_long_words=False, break_on_hyphens=False
        )
        self.console.print(Text(lines, style), soft_wrap=True)

    def render(self) -> RenderableType:
        """The panel: bar, numbers, a small table a player."""
        rows: list[RenderableType] = [self._bar(), self._numbers()]
        if self.record is not None:
            tables = [player_table(self.record, player) for player in self.record["losses"]]
            rows += [Text(), Columns(tables, padding=(0, 4))]
        rows += [Text(), trends_table(self.trends, self.console)] if self.trends.by_metric else []
        return Group(*rows)

    def _bar(self) -> Table:
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(no_wrap=True, overflow="ellipsis", max_width=self.console.width // 2)
        row.add_column(ratio=1)
        row.add_column(justify="right", width=4)
        row.add_row(
            Text(one_line(self.name), "bold"),
            ProgressBar(max(self.steps, 1), self.step),
            f"{self.step / max(self.steps, 1):.0%}",
        )
        return row

    def show_trends(self, trends: Sequence[Trend]) -> None:
        """They are part of the panel, which grows with the first one."""
        if self.live is not None:
            self.live.refresh()

    def _numbers(self) -> Text:
        epoch = [f"epoch {self.record['epoch']}"] if self.record is not None else []
        text = "  ".join([f"step {self.step}/{self.steps}", *epoch, *self._speed_and_time_left()])
        return Text(text, "cyan", no_wrap=True, overflow="ellipsis")
