"""Keeps account of the loaders' worker processes, so that none outlives training."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

LOOK = 1.0  # seconds between a worker's checks that its parent is alive
QUICK = 5.0  # seconds within which a killed process ends


class Abandoned(BaseException):
    """A stop was asked for while training waits for data that do not come; this is no error."""


class Flag:
    """An event between processes without a lock, as a killed worker might hold a lock forever.

    A loader sets it to end its workers, which check it before each sample.
    """

    def __init__(self, context: BaseContext) -> None:
        self.value = context.RawValue("b", 0)

    def set(self) -> None:
        """Set it for good."""
        self.value.value = 1

    def is_set(self) -> bool:
        """Whether any process has set it."""
        return bool(self.value.value)


class Workers:
    """The processes that loaders start, through the multiprocessing context of this object.

    failed: the exit codes of the processes that ended by themselves with an error.
    """

    def __init__(self) -> None:
        self.started: list[BaseProcess] = []
        self.failed: list[int] = []
        self.context: BaseContext = copy.copy(multiprocessing.get_context())
        make = self.context.Process

        def process(*args: Any, **settings: Any) -> BaseProcess:
            worker: BaseProcess = make(*args, **settings)
            self.started.append(worker)
            return worker

        vars(self.context).update(Process=process, Event=lambda: Flag(self.context))

    def await_one(self) -> None:
        """Wait briefly for one process to end; its connection breaks a moment before that."""
        deadline = time.monotonic() + QUICK
        while self.started and time.monotonic() < deadline:
            if any(worker.exitcode is not None for worker in self.started):
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill all processes that are left; one that hangs in a read answers no other signal."""
        self.failed += [worker.exitcode for worker in self.started if worker.exitcode]
        for worker in self.started:
            if worker.is_alive():
                worker.kill()
        for worker in self.started:
            worker.join(QUICK)
        self.started = []


def begin_worker(number: int) -> None:
    """Set up a worker: it ignores the signals that stop a job, and ends when its parent ends.

    A terminal sends Ctrl-C, and a batch system SIGTERM, to all processes of a job. Only the parent
    decides what to do then.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.excepthook = _ignore_lost_parent
    if (parent := multiprocessing.parent_process()) is not None:  # it may have ended already
        threading.Thread(target=_follow, args=(parent.pid,), daemon=True).start()


def _ignore_lost_parent(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print no traceback because the parent left while a sample was handed over.

    It does so where training is to stop. multiprocessing's thread that serves samples reports that
    by this hook; errors of the data go another way.
    """
    if not isinstance(error, OSError | EOFError | multiprocessing.AuthenticationError):
        sys.__excepthook__(kind, error, trace)


def _follow(parent: int) -> None:
    """End when the parent ends; torch's workers check that, too, but not while reading a sample."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


class ChildSignal:
    """torch's handler of SIGCHLD, which raises an error as soon as a worker has ended.

    That may be in the middle of a step. Without the handler, the error comes seconds later, between
    two steps, when training waits for the worker's sample. In a thread, torch sets no handler.
    """

    def __init__(self) -> None:
        self.before = self._handler()

    def silence(self) -> None:
        """Restore the handler that was set before the loaders began."""
        main = threading.current_thread() is threading.main_thread()
        if main and self._handler() is not self.before:
            signal.signal(signal.SIGCHLD, self.before or signal.SIG_DFL)

    @staticmethod
    def _handler() -> Any:
        return signal.getsignal(signal.SIGCHLD) if hasattr(signal, "SIGCHLD") else None
