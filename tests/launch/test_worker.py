"""How a process of several ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENDING = """
import atexit, sys
from ganzoo.launch.worker import end_at_once

class Kept:
    def __del__(self):
        print("dismantled")

kept = Kept()
atexit.register(print, "at exit")
print("said", end=" ")
end_at_once({code})
"""


@pytest.mark.parametrize(("code", "status"), [("0", 0), ("None", 0), ("130", 130), ("'no'", 1)])
def test_it_ends_with_its_code_and_all_it_said_but_is_not_dismantled(code, status):
    """Gloo's threads, which release tensors late, abort a process that is being dismantled."""
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(code=code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "said at exit\n"), done.stderr
