"""Work that is done one after the other by a thread of its own; the others wait in line."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial


class QueueFull(Exception):
    """As many jobs wait as may."""


class GivenUp(Exception):
    """Nobody waits for the result of a job any more."""


@dataclass(eq=False)
class Job:
    """Something to compute.

    work: computes it; it is given the job, whose `report` it may call.
    key: by which whoever asked for the job asks how far it is; "" where nobody does.
    done: the result. share: how much of it is done, 0 ... 1; None where that is not known.
    """

    work: Callable[[Job], bytes]
    key: str = ""
    done: Future[bytes] = field(default_factory=Future)
    share: float | None = None
    given_up: bool = False

    def report(self, share: float) -> None:
        """Note how much is done.

        Raises:
            GivenUp: nobody waits for it any more.
        """
        self.share = min(1.0, share)
        if self.given_up:
            raise GivenUp


@dataclass(frozen=True)
class JobState:
    """How far a job is.

    ahead: how many others are computed before it; 0 when it is under way. share: see `Job`.
    """

    ahead: int
    share: float | None = None


class JobQueue:
    """Computes jobs in the order in which they come.

    most: how many may wait beside the one under way.
    """

    def __init__(self, most: int) -> None:
        self._most, self._ended = most, False
        self._waiting: deque[Job] = deque()
        self._under_way: Job | None = None
        self._turn = threading.Condition()
        threading.Thread(target=self._work, name="ganzoo demo", daemon=True).start()

    def __len__(self) -> int:
        """How many jobs wait or are under way."""
        with self._turn:
            return len(self._waiting) + (self._under_way is not None)

    def add(self, job: Job) -> None:
        """Put a job at the end of the line.

        Raises:
            QueueFull: the line is as long as it may be.
        """
        with self._turn:
            if len(self._waiting) >= self._most:
                raise QueueFull
            self._waiting.append(job)
            self._turn.notify()

    def give_up(self, job: Job) -> None:
        """Take a job out of the line; one under way ends at its next report."""
        with self._turn:
            job.given_up = True
            if job in self._waiting:
                self._waiting.remove(job)
        job.done.cancel()

    def find_state(self, key: str) -> JobState | None:
        """How far the job with a key is; None if it is not in the line."""
        with self._turn:
            if self._under_way is not None and self._under_way.key == key:
                return JobState(0, self._under_way.share)
            before = 1 if self._under_way else 0
            places = (n for n, job in enumerate(self._waiting) if job.key == key)
            place = next(places, None)
            return None if place is None else JobState(before + place)

    def end(self) -> None:
        """Let the thread end after the job under way."""
        with self._turn:
            self._ended = True
            self._turn.notify()

    def _work(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        with self._turn:
            while not (self._waiting or self._ended):
                self._turn.wait()
            if self._ended:
                return False
            job = self._under_way = self._waiting.popleft()
        deliver = _carry_out(job) if job.done.set_running_or_notify_cancel() else None
        with self._turn:
            self._under_way = None
        if deliver is not None:
            deliver()
        return True


def _carry_out(job: Job) -> Callable[[], None]:
    """Compute a job; returns what hands over its result, once the job is no longer under way."""
    try:
        return partial(job.done.set_result, job.work(job))
    except BaseException as error:
        return partial(job.done.set_exception, error)
