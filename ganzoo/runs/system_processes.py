"""Processes of this machine, by psutil."""

from __future__ import annotations

import signal
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

SLACK = 2.0  # seconds; start times are computed from the clock, which may be corrected in between


def read_start_time(process: int | None = None) -> float:
    """The time at which a process started, as `time.time()`; by default, of this process.

    The system gives a process number again later, so the start time tells two processes apart.
    """
    return float(psutil.Process(process).create_time())


def is_alive(process: int, born: float) -> bool:
    """Whether the process with this number and this start time is still alive."""
    try:
        return abs(read_start_time(process) - born) < SLACK
    except psutil.Error:
        return False


def existed_at(process: int, moment: float) -> bool:
    """Whether a process with this number is alive and started before `moment`."""
    try:
        return read_start_time(process) < moment + SLACK
    except psutil.Error:
        return False


def children() -> list[int]:
    """The numbers of the processes that this one started."""
    return [child.pid for child in psutil.Process().children()]


def interrupt(process: int) -> None:
    """Send a process SIGINT, if it is still alive."""
    with suppress(psutil.Error):
        psutil.Process(process).send_signal(signal.SIGINT)


def kill(process: int) -> None:
    """Kill a process and all processes that it started."""
    with suppress(psutil.Error):
        parent = psutil.Process(process)
        for each in [*parent.children(recursive=True), parent]:
            with suppress(psutil.Error):
                each.kill()
