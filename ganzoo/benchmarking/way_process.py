"""A process for each way, so that none computes with another's threads, memory or libraries."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from ganzoo.benchmarking.ways import Way
from ganzoo.errors import GanzooError, first_line

# Seconds that a process may take to answer, or to end by itself.
PATIENCE, GRACE = 300.0, 5.0


class WayFailed(Exception):
    """A way cannot be measured; its text says why."""


class WayProcess:
    """A process that answers questions, which are the methods of `WayWork`.

    work: the arguments of `WayWork`.
    """

    def __init__(self, way: Way, work: tuple[Any, ...], patience: float = PATIENCE) -> None:
        self.way, self.patience = way, patience
        context = multiprocessing.get_context("spawn")
        self._messages, theirs = context.Pipe()
        self._process = context.Process(target=answer, args=(theirs, work), daemon=True)
        with _deaf_to_interrupts():
            self._process.start()
        theirs.close()  # so that the end of the process ends the connection

    def send(self, question: str, *content: Any) -> None:
        """Ask a question; `receive` waits for the answer."""
        with suppress(OSError):  # it ended, which `receive` tells
            self._messages.send((question, content))

    def receive(self) -> Any:
        """The answer to the last question.

        Raises:
            WayFailed: it cannot be answered, or not in time, or the process ended.
        """
        try:
            if not self._messages.poll(self.patience):
                self._process.kill()
                raise WayFailed(f"it took longer than {self.patience:g} s")
            is_good, content = self._messages.recv()
        except (EOFError, OSError):
            raise WayFailed(self._describe_end()) from None
        if not is_good:
            raise WayFailed(content)
        return content

    def ask(self, question: str, *content: Any) -> Any:
        """Ask a question and return the answer.

        Raises:
            WayFailed: see `receive`.
        """
        self.send(question, *content)
        return self.receive()

    def close(self) -> None:
        """End the process, which ends by itself when there are no more questions."""
        self._messages.close()
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _describe_end(self) -> str:
        self._process.join(GRACE)
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"its process ended (exit code {code})"
        memory = "; the system does so when memory runs out" if code == -signal.SIGKILL else ""
        return f"its process was killed by {signal.Signals(-code).name}{memory}"


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A context whose new processes ignore Ctrl-C from their first moment; it is the parent's."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may choose
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def answer(messages: Connection, work: tuple[Any, ...]) -> None:
    """Answer questions until there are no more; runs in a process of its own."""
    from ganzoo.benchmarking.way_work import WayWork
    from ganzoo.engine.workers import begin_worker

    begin_worker(0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's, to end it
    opened = WayWork(*work)
    with suppress(EOFError, OSError):
        while True:
            question, content = messages.recv()
            messages.send(_answer_one(opened, question, content))


def _answer_one(work: Any, question: str, content: tuple[Any, ...]) -> tuple[bool, Any]:
    """Whether a question could be answered, and the answer or the reason."""
    try:
        return True, getattr(work, question)(*content)
    except GanzooError as error:
        return False, str(error)
    except Exception as error:  # whatever a library raises for what it cannot do
        return False, f"{type(error).__name__}: {first_line(error)}"
