"""How the C library gives memory back to the system."""

from __future__ import annotations

import ctypes
import functools
import sys

# Of glibc's malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGE = 2**30
# The most that older versions of glibc take as MMAP_THRESHOLD; they refuse more.
OLDER = 2**25


@functools.cache
def keep_freed_memory() -> None:
    """Let this process keep memory that tensors free, for the next ones.

    By default glibc returns large blocks to the system, which clears each page when it is asked for
    again: at 64 px a step met 8,000 such pages, and spent a tenth of its time on them. The most
    memory that a process holds stays the same. Other C libraries do as they like.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl has none
        return
    # Once either is set, glibc adapts neither by itself: the second alone would do harm.
    if mallopt(MMAP_THRESHOLD, LARGE) or mallopt(MMAP_THRESHOLD, OLDER):
        mallopt(TRIM_THRESHOLD, LARGE)


def release_freed_memory() -> None:
    """Give memory that was kept back to the system, before tensors of other sizes need theirs."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
