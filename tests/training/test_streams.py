"""What a run prints can never end it; and its data workers do not outlive it."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest
from rich.console import Console

from ganzoo.engine.workers import Workers, begin_worker
from ganzoo.training.display import make_display
from ganzoo.training.streams import Steady, steady


class Broken(io.StringIO):
    """A stream that fails."""

    def __init__(self, error):
        super().__init__()
        self.error, self.tries = error, 0

    def write(self, text):
        self.tries += 1
        raise self.error


@pytest.mark.case("C1")
@pytest.mark.parametrize(
    "error",
    [
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        OSError(errno.EIO, "Input/output error"),  # the terminal was closed
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError("I/O operation on closed file"),
    ],
)
def test_a_broken_stream_is_left_alone(error):
    stream = Broken(error)
    display = make_display(steady(Console(file=stream)), 10, 0, "run")
    with display:
        display.note("one")
        display.note("two")
    assert stream.tries == 1


@pytest.mark.case("C1")
def test_what_fails_once_is_tried_again():
    """A signal's handler that speaks while a line is being written; a letter that is unknown."""
    for error in (RuntimeError("reentrant call"), UnicodeEncodeError("ascii", "‖", 0, 1, "no")):
        stream = Broken(error)
        Steady(stream).write("one")
        steady_one = Steady(stream)
        steady_one.write("one")
        steady_one.write("two")
        assert stream.tries == 3


@pytest.mark.case("C1")
def test_a_live_panel_on_a_terminal_that_is_gone():
    """Its thread and its end write, too."""

    class Gone(Broken):
        def isatty(self):
            return True

    stream = Gone(OSError(errno.EIO, "Input/output error"))
    console = Console(file=stream, force_terminal=True, width=80)
    display = make_display(steady(console), 10, 0, "run")
    with display:
        display.note("one")
        display.on_step(SimpleNamespace(step=1))
    assert stream.tries == 1


OPENED = """
import os, sys
from ganzoo.training.streams import open_streams
open_streams()
print("said")
print("complained", file=sys.stderr)
sys.stdout.flush()
assert sys.stdin.read() == ""
own = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
assert own > 2, own
"""


@pytest.mark.case("C1")
@pytest.mark.parametrize("closed", [(0, 1, 2), (1,), (2,), (0, 2)])
def test_closed_streams_do_not_give_their_numbers_to_files(tmp_path, closed):
    done = subprocess.run(
        [sys.executable, "-c", OPENED, tmp_path / "log"],
        preexec_fn=lambda: [os.close(number) for number in closed],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_bytes() == b""


PARENT = """
import os, signal, sys, time
from ganzoo.engine.workers import Workers, begin_worker

def hang(read):
    while LATE and os.getppid() == parent:
        time.sleep(0.01)
    begin_worker(0)
    os.read(read, 1)  # a disk that does not answer

LATE = sys.argv[1] == "late"
parent = os.getpid()
read, write = os.pipe()
workers = Workers()
child = workers.context.Process(target=hang, args=(read,), daemon=True)
child.start()
print(child.pid, flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.case("C5")
@pytest.mark.parametrize("begins", ["early", "late"])
def test_a_data_worker_that_hangs_does_not_outlive_a_killed_parent(begins):
    """Even if the parent has ended before the worker begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, begins],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = psutil.Process(int(process.stdout.readline()))
    process.communicate("go\n")
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.case("C5")
def test_workers_that_hang_are_ended_and_those_that_failed_are_known():
    workers = Workers()
    hanging = workers.context.Process(target=time.sleep, args=(1000,), daemon=True)
    hanging.start()
    os.kill(hanging.pid, signal.SIGSTOP)
    failing = workers.context.Process(target=os._exit, args=(7,), daemon=True)
    failing.start()
    failing.join()
    workers.kill()
    assert hanging.exitcode == -signal.SIGKILL
    assert workers.failed == [7]
    assert workers.started == []


@pytest.mark.case("C3")
def test_a_worker_that_is_about_to_end_is_waited_for():
    """What it was read from breaks before the system says how it ended."""
    workers = Workers()
    ending = workers.context.Process(target=_end_late, daemon=True)
    ending.start()
    workers.await_one()
    workers.kill()
    assert workers.failed == [7]


def _end_late():
    time.sleep(0.5)
    os._exit(7)


@pytest.mark.case("C5")
def test_killed_workers_leave_nothing_locked():
    """A loader tells its workers that it is over, even those killed as they looked whether it is.

    With multiprocessing's own event this hung: who looks holds its lock.
    """
    for _ in range(20):
        workers = Workers()
        over, looks = workers.context.Event(), workers.context.RawValue("i", 0)
        workers.context.Process(target=_look_again_and_again, args=(over, looks)).start()
        _until(lambda looks=looks: looks.value)
        workers.kill()
        telling = threading.Thread(target=over.set, daemon=True)
        telling.start()
        telling.join(60)
        assert not telling.is_alive()
        assert over.is_set()


def _look_again_and_again(over, looks):
    while not over.is_set():
        looks.value = 1


def _until(done):
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline


@pytest.mark.case("C1")
def test_a_worker_says_nothing_of_a_parent_that_left(capfd):
    """multiprocessing reports by the hook what breaks while a sample is handed over."""
    workers = Workers()
    worker = workers.context.Process(target=_report_errors)
    worker.start()
    worker.join(60)
    assert worker.exitcode == 0
    told = capfd.readouterr().err
    assert "ValueError: another" in told
    assert "EOFError" not in told
    assert "BrokenPipeError" not in told


def _report_errors():
    begin_worker(0)
    for error in (EOFError(), BrokenPipeError(), ValueError("another")):
        sys.excepthook(type(error), error, None)
