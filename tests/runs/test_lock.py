"""A run's folder has one owner; whoever else comes is told by whom it is refused."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from ganzoo.errors import RunError
from ganzoo.runs import lock as module
from ganzoo.runs.lock import SILENT, Lock

HOLD = """
import sys
from pathlib import Path
from ganzoo.runs.lock import Lock
Lock(Path(sys.argv[1])).take()
print("taken", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "taken\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def no_flock(monkeypatch):
    """A disk that cannot lock."""
    monkeypatch.setattr(module, "_flock", lambda file: None)


def owner(tmp_path, **changed):
    """A lock that says who has it, and that nobody holds."""
    told = {"host": "another", "pid": 4711, "process_started": 1.0, "since": "yesterday"}
    (tmp_path / ".lock").write_text(json.dumps({**told, **changed}))


@pytest.mark.case("C8")
@pytest.mark.parametrize("flock", [True, False])
def test_who_is_refused_is_told_by_whom(tmp_path, other, flock, request):
    if not flock:
        request.getfixturevalue("no_flock")
    before = (tmp_path / ".lock").read_text()
    with pytest.raises(RunError) as refused:
        Lock(tmp_path).take()
    said = str(refused.value)
    assert f"process {other.pid} on {socket.gethostname()}" in said
    assert json.loads(before)["since"] in said
    assert f"kill {other.pid}" in said
    assert (tmp_path / ".lock").read_text() == before


@pytest.mark.case("C8")
@pytest.mark.parametrize("flock", [True, False])
def test_a_killed_owner_holds_nothing(tmp_path, other, flock, request):
    if not flock:
        request.getfixturevalue("no_flock")
    other.kill()
    other.wait()
    taken = Lock(tmp_path).take()
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()
    taken.release()
    assert not (tmp_path / ".lock").exists()


@pytest.mark.case("C8")
def test_a_process_of_the_same_number_is_another_one(tmp_path, no_flock):
    owner(tmp_path, host=socket.gethostname(), pid=os.getpid(), process_started=1.0)
    Lock(tmp_path).take().release()


@pytest.mark.case("C8")
def test_an_owner_elsewhere_is_believed_while_it_gives_signs_of_life(tmp_path):
    """Its machine may not see this one's locks, nor this one its."""
    owner(tmp_path)
    now = (tmp_path / ".lock").stat().st_mtime
    os.utime(tmp_path / ".lock", (now, now - 200))
    with pytest.raises(RunError, match=r"process 4711 on another, since yesterday.* 20\d s ago"):
        Lock(tmp_path).take()
    os.utime(tmp_path / ".lock", (now, now - SILENT - 1))
    Lock(tmp_path).take().release()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.case("C8")
def test_an_owner_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    seen = threading.Event()
    utime = os.utime
    monkeypatch.setattr(os, "utime", lambda file: (utime(file), seen.set()))
    taken = Lock(tmp_path).take()
    assert seen.wait(60)
    taken.release()


@pytest.mark.case("C8")
@pytest.mark.parametrize("content", [b"", b"\xff nonsense", b"[1]", b'{"host": 3, "pid": "x"}'])
def test_a_lock_that_says_nothing_is_free(tmp_path, content):
    """A crash between making and writing it; or it is as old as that."""
    (tmp_path / ".lock").write_bytes(content)
    os.utime(tmp_path / ".lock", (1.0, 1.0))
    Lock(tmp_path).take().release()


@pytest.mark.case("C8", "E3")
def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(RunError, match="cannot be locked"):
        Lock(tmp_path).take()
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.case("C8")
@pytest.mark.parametrize("flock", [True, False])
def test_of_many_that_start_together_one_gets_it(tmp_path, flock, request):
    if not flock:
        request.getfixturevalue("no_flock")
    start, taken, refused = threading.Barrier(6), [], []

    def take():
        start.wait()
        try:
            taken.append(Lock(tmp_path).take())
        except RunError as error:
            refused.append(error)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 5)
    taken[0].release()


@pytest.mark.case("C8")
def test_a_child_does_not_hold_it(tmp_path):
    """A data worker that hangs outlives its parent for a moment."""
    taken = Lock(tmp_path).take()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.read(read, 1)
        os._exit(0)
    os.close(taken.file)  # as if this process were killed
    again = Lock(tmp_path).take()
    os.write(write, b".")
    os.waitpid(child, 0)
    again.release()
    taken.file = -1
    os.close(read)
    os.close(write)


@pytest.mark.case("C8")
def test_an_owner_notices_that_it_is_one_no_more(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    first = Lock(folder).take()
    first.check()
    (folder / ".lock").unlink()  # by somebody who was sure
    second = Lock(folder).take()
    with pytest.raises(RunError, match="another process took this run over"):
        first.check()
    first.release()
    second.check()
    second.release()
    folder.rmdir()
    third = Lock(folder)
    third.check()
    assert third.file == -1
