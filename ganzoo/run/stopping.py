"""When training stops before its end: a signal, the time given, a launcher that is gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from ganzoo.play.trainer import Trainer
from ganzoo.run.display import Display
from ganzoo.run.worker import SIGNALS, end_quietly, launcher

SAME = 1.0  # seconds; batch systems signal all processes of a job, and launchers pass it on again


class Stopping:
    """A trainer's observer that asks it to stop between steps, where everything is saved.

    until: the time (`time.time()`) after which no step should end, or None.
    The first signal asks; one more, over a second later, raises KeyboardInterrupt. Under
    `ganzoo run --processes` a second one is the launcher's, which ends its processes at once.
    """

    def __init__(
        self,
        trainer: Trainer,
        display: Display,
        until: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.trainer, self.display, self.until, self.clock = trainer, display, until, clock
        self.launcher = launcher()
        self.asked: float | None = None
        self.told = False
        self.last = clock()
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self.last = self.clock()
        self.before = {number: signal.signal(number, self.ask) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        if self.asked and self.launcher:
            end_quietly()
            return
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def ask(self, number: int, frame: FrameType | None = None) -> None:
        """A signal came. SIGTERM from the launcher means that another process failed: not told."""
        now = self.clock()
        if self.asked is not None and now - self.asked > SAME and not self.launcher:
            raise KeyboardInterrupt
        self.asked = self.asked or now
        self.trainer.stop = True
        if not self.told and (number == signal.SIGINT or not self.launcher):
            self.told = True
            self.display.note("stopping after this step ... (Ctrl-C again stops without saving)")

    def on_step(self, step: int) -> None:
        """Stop if one more step like this one would end too late, or if nobody is in charge."""
        now = self.clock()
        late = self.until is not None and now + (now - self.last) > self.until
        orphaned = self.launcher and os.getppid() != self.launcher
        if late or orphaned:
            self.trainer.stop = True
        self.last = now

    def on_log(self, record: dict[str, Any]) -> None:
        """Nothing to do."""

    def on_samples(self, step: int) -> None:
        """Nothing to do."""
