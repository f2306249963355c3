"""Processes of this machine, as psutil sees them."""

from __future__ import annotations

import signal
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

SLACK = 2.0  # seconds; a time of birth is worked out from the clock, which may be corrected


def birth(process: int | None = None) -> float:
    """When a process (this one) was started, as `time.time()`: its number may be given again."""
    return float(psutil.Process(process).create_time())


def is_alive(process: int, born: float) -> bool:
    """Whether this very process is still there."""
    try:
        return abs(birth(process) - born) < SLACK
    except psutil.Error:
        return False


def is_older(process: int, moment: float) -> bool:
    """Whether a process of that number is there, and was there at that time."""
    try:
        return birth(process) < moment + SLACK
    except psutil.Error:
        return False


def children() -> list[int]:
    """The processes that this one started."""
    return [child.pid for child in psutil.Process().children()]


def interrupt(process: int) -> None:
    """Send it SIGINT, if it is still there."""
    with suppress(psutil.Error):
        psutil.Process(process).send_signal(signal.SIGINT)


def kill(process: int) -> None:
    """End it and all that it started, at once."""
    with suppress(psutil.Error):
        parent = psutil.Process(process)
        for each in [*parent.children(recursive=True), parent]:
            with suppress(psutil.Error):
                each.kill()
