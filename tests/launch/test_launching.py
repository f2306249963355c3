"""What `--processes` checks before and tells after, without starting any process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.errors import RunError
from ganzoo.launch import processes
from ganzoo.launch.processes import Signals, WorkerError, check_count, check_devices, launch
from ganzoo.launch.worker import is_launched, launcher, report, started_at


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """As if no launcher had started the tests."""
    for name in ("LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.delenv(name, raising=False)


def ganzoo(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "cyclegan", "--set", "networks.G.widht=3"], "Did you mean 'width'?"),
        (["run", "cyclegan", "--out", "taken"], "taken already exists"),
        (["run", "cyclegan", "--resume"], "there is no run to resume"),
        (["run", "cyclegan", "--processes", "0"], "--processes"),
    ],
)
def test_a_mistake_is_told_before_anything_is_started(tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    monkeypatch.setattr(processes, "launch", lambda *words: pytest.fail("started"))
    done = ganzoo(*words, *(["--processes", "2"] if "--processes" not in words else []))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count(told) == 1


def test_more_processes_than_devices_are_refused(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    check_devices(2, "auto")
    check_devices(3, "cpu")
    with pytest.raises(RunError, match=r"3 processes need 3 devices and this machine has 2.*cpu"):
        check_devices(3, "auto")


ACCELERATE = {"ACCELERATE_MIXED_PRECISION": "no", "MASTER_ADDR": "127.0.0.1"}


@pytest.mark.parametrize(
    ("asked", "started", "environment", "told"),
    [
        (3, 2, {"WORLD_SIZE": "2"}, "the launcher started 2"),
        (None, 1, {"WORLD_SIZE": "2"}, "2 processes were started .* joins 1"),
        (None, 1, ACCELERATE, "`accelerate launch` was asked for several"),
    ],
)
def test_fewer_processes_than_asked_for_are_refused(asked, started, environment, told):
    with pytest.raises(RunError, match=told):
        check_count(asked, started, environment)


def test_as_many_processes_as_asked_for_are_fine():
    check_count(None, 1, {})
    check_count(1, 1, {})
    check_count(2, 2, {"WORLD_SIZE": "2"})
    check_count(None, 1, {"ACCELERATE_MIXED_PRECISION": "no"})
    check_count(None, 1, {**ACCELERATE, "WORLD_SIZE": "1", "LOCAL_RANK": "0"})


def test_who_was_started_by_a_launcher(monkeypatch):
    assert not is_launched()
    monkeypatch.setenv("PMI_SIZE", "1")  # srun sets it for every program
    assert not is_launched()
    monkeypatch.setenv("PMI_SIZE", "2")
    assert is_launched()
    monkeypatch.delenv("PMI_SIZE")
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert is_launched()
    assert launcher() == 0


def failure(rank, exitcode, path, error=None, at=None):
    """What torch makes of a process that ended so; what it left is written as it writes it."""
    file = path / f"{rank}.json"
    if error is not None:
        os.environ["TORCHELASTIC_ERROR_FILE"] = str(file)
        try:
            raise error
        except Exception as raised:
            report(raised)
        finally:
            del os.environ["TORCHELASTIC_ERROR_FILE"]
    found = ProcessFailure(rank, 4711 + rank, exitcode, str(file))
    found.timestamp = at or found.timestamp
    return found


def told_of(monkeypatch, *failures):
    def fail(count, words):
        raise ChildFailedError("ganzoo", {each.local_rank: each for each in failures})

    monkeypatch.setattr(processes, "_launch_elastic", fail)
    with pytest.raises((RunError, WorkerError)) as raised:
        launch(len(failures), ["run"], time.time())
    return raised.value


def test_a_mistake_of_the_users_is_told_by_one_process(monkeypatch, tmp_path):
    """Whoever loses the connection to the one that fails is of no interest, even if earlier."""
    lost = failure(0, 1, tmp_path, RuntimeError("gloo: connection closed"), at=1)
    broken = failure(1, 2, tmp_path, RunError("7.png cannot be read\n  mend it"), at=2)
    error = told_of(monkeypatch, lost, broken)
    assert isinstance(error, RunError)
    assert str(error) == "rank 1 of 2: 7.png cannot be read\n  mend it"
    assert "raise error" in str(error.__cause__), "its traceback, for --debug"


def test_who_was_killed_comes_first(monkeypatch, tmp_path):
    lost = failure(0, 1, tmp_path, RuntimeError("gloo: connection closed"), at=1)
    killed = failure(1, -9, tmp_path, at=2)
    ended = failure(2, -signal.SIGTERM, tmp_path, at=1)
    error = told_of(monkeypatch, lost, killed, ended)
    assert isinstance(error, WorkerError)
    assert str(error).startswith("rank 1 of 3 was killed by SIGKILL; ")


def test_a_bug_comes_with_its_traceback(monkeypatch, tmp_path):
    error = told_of(monkeypatch, failure(0, 1, tmp_path, ZeroDivisionError("a bug"), at=1))
    assert str(error) == "rank 0 of 1: ZeroDivisionError: a bug"
    assert error.trace.startswith("Traceback (most recent call last)")
    assert error.trace.endswith("\n")
    silent = told_of(monkeypatch, failure(5, 3, tmp_path))
    assert str(silent) == "rank 5 of 1 ended with exit code 3"


def test_what_a_signal_does_is_no_failure(monkeypatch, tmp_path):
    def interrupted(count, words):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.3)
        raise ChildFailedError("ganzoo", {0: failure(0, 130, tmp_path)})

    monkeypatch.setattr(processes, "_launch_elastic", interrupted)
    # What runs beside it, as another test's browser does, is not interrupted.
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as other:
        assert launch(1, ["run"], time.time()) is True
    assert other.returncode == 0


def test_what_processes_inherit(monkeypatch):
    """A share of the threads, unless told otherwise; and the environment is put back."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    found = {}

    def look(count, words):
        found.update(os.environ, launcher=launcher(), started=started_at(0.0))

    monkeypatch.setattr(processes, "_launch_elastic", look)
    assert launch(3, ["run"], 1234.5) is False
    assert found["OMP_NUM_THREADS"] == "2"
    assert (found["launcher"], found["started"]) == (os.getpid(), 1234.5)
    assert "OMP_NUM_THREADS" not in os.environ
    assert launcher() == 0
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    launch(3, ["run"], 0.0)
    assert found["OMP_NUM_THREADS"] == "7"


def test_each_process_is_told_once_and_killed_when_asked_again(monkeypatch):
    """Those that are just starting, too."""
    there, told, ended = [1, 2], [], []
    monkeypatch.setattr(processes, "children", lambda: there)
    monkeypatch.setattr(processes, "interrupt", told.append)
    monkeypatch.setattr(processes, "kill", ended.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    clock, signals = [100.0], Signals()
    signals.pass_on()
    assert told == []
    signals.on_signal()
    signals.pass_on()
    there.append(3)
    signals.pass_on()
    clock[0] += 0.5
    signals.on_signal()
    signals.pass_on()
    assert (told, ended) == ([1, 2, 3], [])
    clock[0] += 1
    signals.on_signal()
    signals.pass_on()
    assert (told, ended) == ([1, 2, 3], [1, 2, 3])
