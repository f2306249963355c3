"""report.html while training runs: rewritten now and then, and never in training's way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ganzoo.builder import Experiment
from ganzoo.errors import first_line
from ganzoo.interfaces import Callback, Data, Training
from ganzoo.report.facts import Facts, facts
from ganzoo.report.report_page import write_report
from ganzoo.report.run_files import read_run
from ganzoo.training.extreme_samples import draw_extremes
from ganzoo.training.session import say_aside

SHARE = 20  # what writing took must be this many times shorter than the time between two pages


class ReportWriter(Callback):
    """Writes the page of one run. Its first failure is reported; training goes on.

    tell: prints a line for whoever waits.
    """

    def __init__(
        self, experiment: Experiment, folder: Path, tell: Callable[[str], None] = say_aside
    ) -> None:
        self.experiment, self.folder, self.tell = experiment, folder, tell
        self.clock: Callable[[], float] = time.monotonic
        self.facts: Facts | None = None
        self.next = 0.0
        self.failed = False

    def on_samples(self, training: Training) -> None:
        """Show the new pictures and losses."""
        if training.is_main:
            self.write()

    def on_checkpoint(self, training: Training, folder: Path) -> None:
        """Show how far it is."""
        if training.is_main:
            self.write()

    def write(self) -> None:
        """Rewrite the page, unless that was done just now for what it takes."""
        if self.clock() >= self.next:
            self._guard(self._write)

    def finish(self) -> None:
        """Write the page as it stays."""
        self._guard(self._write)

    def draw_extremes(self, data: Data) -> None:
        """Draw the best and the worst of the samples that were measured last."""
        self._guard(lambda: draw_extremes(self.experiment, read_run(self.folder), data))

    def _write(self) -> None:
        began = self.clock()
        if self.facts is None:
            self.facts = facts(self.experiment.blueprint, self.experiment.assembly)
        write_report(self.folder, self.facts)
        ended = self.clock()
        self.next = ended + SHARE * (ended - began)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # a picture of the training must not end it
            if not self.failed:
                self.failed = True
                reason = first_line(error)
                self.tell(f"report.html cannot be kept ({reason}); training goes on without it")
