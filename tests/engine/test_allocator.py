"""A process keeps the memory that tensors free."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
