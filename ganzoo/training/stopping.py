"""When training stops before its end: a signal, the time given, a launcher that is gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Self, cast

from ganzoo.engine.trainer import Trainer
from ganzoo.engine.workers import Abandoned
from ganzoo.interfaces import Callback, Training
from ganzoo.launch.worker import SAME, answer_signals, end_quietly, launcher, restore_signals

GRACE = 10.0  # seconds for other processes to come to the step at which all stop
FIRST = 60.0  # seconds for the first step's data where the time given is over
AGAIN = 1.0  # seconds between looks at whether data are waited for in vain
WAKE: int | None = getattr(signal, "SIGURG", None)  # without a handler it does nothing


class Stopping(Callback):
    """A callback that stops training between steps, where everything is saved.

    until: the time (`time.time()`) after which no step should end, or None.
    The first signal asks; one more, over a second later, raises KeyboardInterrupt. Under
    `ganzoo run --processes` a second one is the launcher's, which ends its processes at once.

    Data that do not come, as from a disk that hangs, are not waited for: one process alone leaves
    them at once, one of several after GRACE, since all must stop at the same step.
    """

    def __init__(
        self,
        trainer: Trainer,
        tell: Callable[[str], None],
        until: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.trainer, self.tell, self.until, self.clock = trainer, tell, until, clock
        self.launcher, self.first = launcher(), trainer.done
        self.grace = 0.0 if trainer.accelerator.num_processes == 1 else GRACE
        self.asked: float | None = None
        self.announced = False
        self.last = clock()
        self.before: dict[int, Any] = {}
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self._watch, name="stopping", daemon=True)

    def __enter__(self) -> Self:
        self.last = self.clock()
        self.before = answer_signals(self.ask)
        if self.before and WAKE is not None:
            self.before[WAKE] = signal.signal(WAKE, self.look)
            self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.watcher.ident is not None:
            self.watcher.join()  # a thread that Python's end surprises may abort the process
        if self.asked and self.launcher:
            end_quietly()
            return
        restore_signals(self.before)

    def ask(self, number: int, frame: FrameType | None = None) -> None:
        """Answer a signal; one of the launcher, as another process failed, is not announced."""
        now = self.clock()
        if self.asked is not None and now - self.asked > SAME and not self.launcher:
            raise KeyboardInterrupt
        self.asked = self.asked or now
        self.trainer.stop = True
        if not self.announced and (number == signal.SIGINT or not self.launcher):
            self.announced = True
            self.tell("stopping after this step ... (Ctrl-C again stops without saving)")
        self.look()

    def look(self, *_: object) -> None:
        """Stop; give up data that do not come, once other processes had time to get theirs."""
        self.trainer.stop = True
        if self.trainer.waiting and self.clock() >= self._patient_until():
            raise Abandoned

    def on_step(self, training: Training) -> None:
        """Stop if one more step like this one would end too late, or if nobody is in charge."""
        now = self.clock()
        if self._is_time(now + (now - self.last)):
            self.trainer.stop = True
        self.last = now

    def _is_time(self, now: float) -> bool:
        late = self.until is not None and now > self.until
        return late or bool(self.launcher and os.getppid() != self.launcher)

    def _patient_until(self) -> float:
        """Until when data that do not come are waited for."""
        if self.asked is not None:
            return self.asked + self.grace
        patience = FIRST if self.trainer.done == self.first else self.grace
        return (self.until or self.last) + patience

    def _watch(self) -> None:
        """In a thread: wake the main one, which may be waiting for something, if it should stop.

        Python runs handlers in the main thread, and a signal ends most of what it may wait for.
        """
        main, wake = cast("int", threading.main_thread().ident), cast("int", WAKE)
        while not self.over.wait(AGAIN):
            if self.asked is not None or self._is_time(self.clock()):
                signal.pthread_kill(main, wake)
