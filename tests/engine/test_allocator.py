"""A process keeps the memory that tensors free."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ganzoo.engine.allocator import LARGE, MMAP_THRESHOLD, TRIM_THRESHOLD, keep_freed_memory

PAGES = """
import ctypes, resource
from ganzoo.engine.allocator import keep_freed_memory
if {keep}:
    keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def fill():
    block = libc.malloc(2**27)
    ctypes.memset(block, 1, 2**27)
    libc.free(block)
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(keep):
    """How many pages the system gives anew for five blocks of 128 MiB, one after the other."""
    code = PAGES.format(keep=keep)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's setting")
def test_freed_memory_is_used_again():
    if pages(False) < 1000:
        pytest.skip("this C library keeps memory anyway")
    assert pages(True) < 1000


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (LARGE, {MMAP_THRESHOLD: LARGE, TRIM_THRESHOLD: LARGE}),
        (2**25, {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: LARGE}),  # an older glibc
        (0, {}),
    ],
)
def test_a_library_that_takes_less_gets_less(monkeypatch, most, expected):
    taken = {}

    def mallopt(setting, value):
        if setting == MMAP_THRESHOLD and value > most:
            return 0
        taken[setting] = value
        return 1

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=mallopt))
    keep_freed_memory.__wrapped__()
    assert taken == expected


@pytest.mark.parametrize("library", [SimpleNamespace(), None])
def test_other_systems_are_left_as_they_are(monkeypatch, library):
    monkeypatch.setattr(sys, "platform", "linux" if library else "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    keep_freed_memory.__wrapped__()
