"""The most memory that a process holds while it computes, on Linux."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")
FORGET = "5"  # what sets the system's high-water mark to what is resident now


def measure_peak(run: Callable[[], object]) -> int | None:
    """The most bytes that are resident in this process while `run` runs; None where nobody knows.

    All that the process holds counts: Python, libraries, weights and images.
    """
    try:
        REFERENCES.write_text(FORGET)
        run()
        return read_peak(STATUS.read_text("utf-8"))
    except OSError:
        return None


def read_peak(status: str) -> int | None:
    """The high-water mark in Linux's description of a process, in bytes."""
    mark = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(mark[1]) * 1024 if mark else None
