"""A loader's worker processes: started on record, gone when training is, whatever they hang in."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

LOOK = 1.0  # seconds between a worker's looks at whether its parent is there
QUICK = 5.0  # seconds for the system to end who was killed


class Abandoned(BaseException):
    """Training is to stop, and its data do not come. Like KeyboardInterrupt, no error."""


class Flag:
    """An event between processes that needs no lock, which a killed worker might hold for ever.

    A loader sets it to tell its workers that it is over; they look at it before each sample.
    """

    def __init__(self, context: BaseContext) -> None:
        self.value = context.RawValue("b", 0)

    def set(self) -> None:
        """From here on it is set."""
        self.value.value = 1

    def is_set(self) -> bool:
        """Whether any process has set it."""
        return bool(self.value.value)


class Workers:
    """The processes that loaders start, by a context of multiprocessing that they are given.

    failed: the exit codes of those that ended by themselves, in another way than well.
    """

    def __init__(self) -> None:
        self.started: list[BaseProcess] = []
        self.failed: list[int] = []
        self.context: BaseContext = copy.copy(multiprocessing.get_context())
        make = self.context.Process

        def process(*args: Any, **settings: Any) -> BaseProcess:
            made: BaseProcess = make(*args, **settings)
            self.started.append(made)
            return made

        vars(self.context).update(Process=process, Event=lambda: Flag(self.context))

    def await_one(self) -> None:
        """Wait a little for one to end: what it was read from breaks a moment before that."""
        deadline = time.monotonic() + QUICK
        while self.started and time.monotonic() < deadline:
            if any(worker.exitcode is not None for worker in self.started):
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """End all that are left, at once: who hangs in a read does not hear anything else."""
        self.failed += [worker.exitcode for worker in self.started if worker.exitcode]
        for worker in self.started:
            if worker.is_alive():
                worker.kill()
        for worker in self.started:
            worker.join(QUICK)
        self.started = []


def begin_worker(number: int) -> None:
    """What a worker does first: leave stopping to its parent, and end if that is gone.

    A terminal sends Ctrl-C, and a batch system SIGTERM, to all processes of a job.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()


def _follow(parent: int) -> None:
    """End with the parent. torch's workers look for it, too, but not while they read a sample."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


class ChildSignal:
    """Lets torch raise no error in the middle of a step because a worker has ended.

    It is noticed all the same, seconds later, where the worker's sample is waited for; and there
    the last step is whole. In a thread torch does nothing of the kind.
    """

    def __init__(self) -> None:
        self.before = self._handler()

    def quiet(self) -> None:
        """Put back what was there before the loaders began."""
        main = threading.current_thread() is threading.main_thread()
        if main and self._handler() is not self.before:
            signal.signal(signal.SIGCHLD, self.before or signal.SIG_DFL)

    @staticmethod
    def _handler() -> Any:
        return signal.getsignal(signal.SIGCHLD) if hasattr(signal, "SIGCHLD") else None
