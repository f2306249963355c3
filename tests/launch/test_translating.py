"""A folder translated in several processes: as in one, and it ends as one does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from PIL import Image

import ganzoo
from ganzoo.builder.opening import Opening
from ganzoo.errors import GanzooError
from ganzoo.inference.translation import translate
from ganzoo.launch.translating import Helper, divide, gather, report, take, translate_in_several
from ganzoo.printing.terminal import Terminal
from ganzoo.training.train import train

COUNT, MANY = 9, 1500


@pytest.fixture(scope="module")
def run(tiny_settings, tmp_path_factory):
    """A run's folder with a tiny model."""
    folder = tmp_path_factory.mktemp("translating") / "run"
    short = {**tiny_settings, "train.length": "1 step", "samples.count": 1, "metrics": {}}
    train(ganzoo.build_recipe("cyclegan", short), folder, console=Terminal(quiet=True))
    return folder


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for index in range(COUNT):
        pixels = np.random.default_rng(index).integers(0, 256, (40 + index, 50, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def add_many(photos):
    """More files than are translated before a test can act."""
    for index in range(COUNT, MANY):
        (photos / f"{index}.png").hardlink_to(photos / "0.png")


def begin(run, photos, target, **settings):
    opening = Opening(run)
    return opening, translate(opening.open(), photos, target, **settings)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_results_are_those_of_one_process(run, photos, tmp_path):
    (photos / "bad.png").write_bytes(b"no image")
    _, alone = begin(run, photos, tmp_path / "one", unreadable="skip")
    list(alone)
    opening, todo = begin(run, photos, tmp_path / "several", unreadable="skip")
    pairs = list(translate_in_several(todo, opening, 2))
    assert contents(tmp_path / "several") == contents(tmp_path / "one")
    assert sorted(source.name for source, _ in pairs) == sorted(f"{n}.png" for n in range(COUNT))
    assert todo.closing_line == alone.closing_line == f"{COUNT} translated, 1 unreadable"
    assert todo.refused == alone.refused
    assert todo.warnings == alone.warnings
    assert not multiprocessing.active_children()


def test_a_killed_process_is_told_and_ends_all(run, photos, tmp_path):
    add_many(photos)
    opening, todo = begin(run, photos, tmp_path / "killed")
    pairs = translate_in_several(todo, opening, 2)
    next(pairs)
    victim = sorted(multiprocessing.active_children(), key=lambda each: each.name)[1]
    victim.kill()
    with pytest.raises(GanzooError, match=r"process 2 of 2 was killed by SIGKILL; .* memory runs"):
        list(pairs)
    done = len(contents(tmp_path / "killed"))
    assert 0 < todo.done <= done < MANY, "the killed one may have written what it did not tell"
    assert not multiprocessing.active_children()


class Messages(list):
    """Keeps what a process tells its parent."""

    send = list.append


@pytest.mark.parametrize("unreadable", ["stop", "skip"])
def test_what_a_process_tells(run, photos, tmp_path, unreadable):
    (photos / "1.png").write_bytes(b"no image")
    opening, todo = begin(run, photos, tmp_path / "out", unreadable=unreadable)
    [_, second] = divide(todo, opening, 2)
    assert second.pairs == todo.pairs[1::2]
    report(second, told := Messages())
    written = [("written", pair) for pair in second.pairs[1:]]
    [kind, reason], *others = told if unreadable == "skip" else reversed(told)
    assert "1.png cannot be read" in reason
    if unreadable == "skip":
        assert (kind, others) == ("refused", [*written, ("done", len(written)), ("ended", {})])
    else:
        assert (kind, others) == ("mistake", [("done", 0)])


class InterruptedMessages(Messages):
    """Is asked to stop at the moment when the second output was told."""

    def send(self, message):
        self.append(message)
        if message[0] == "written" and len(self) == 2:
            raise KeyboardInterrupt


def test_an_output_told_at_the_moment_of_a_stop_counts_once(run, photos, tmp_path):
    opening, todo = begin(run, photos, tmp_path / "out")
    [share] = divide(todo, opening, 1)
    report(share, told := InterruptedMessages())
    helper, finished = Helper(1, None, None), []
    for message in told:
        take(todo, helper, message, finished)
    assert [kind for kind, _ in told] == ["written", "written", "done"]
    assert todo.done == helper.done == len(contents(tmp_path / "out"))
    assert finished == share.pairs[:2]


def test_a_mistake_is_raised_and_a_fault_with_its_traceback():
    for kind, error in (("mistake", GanzooError), ("fault", RuntimeError)):
        receiving, sending = multiprocessing.Pipe(duplex=False)
        sending.send((kind, "why"))
        with pytest.raises(error, match="why"):
            next(gather(None, [Helper(1, None, receiving)], [], 2))


@pytest.mark.skipif(os.name == "nt", reason="no groups of processes")
def test_ctrl_c_of_a_terminal_ends_all(run, photos, tmp_path):
    """A terminal sends it to every process of the command."""
    out = tmp_path / "out"
    add_many(photos)
    words = ["translate", run, photos, out, "--processes", "2"]
    command = subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (out.is_dir() and any(out.iterdir())):
        assert command.poll() is None
        time.sleep(0.01)
    helpers = psutil.Process(command.pid).children(recursive=True)
    os.killpg(command.pid, signal.SIGINT)
    said, complained = command.communicate()
    assert (command.returncode, complained) == (130, "")
    written = len(contents(out))
    last = said.splitlines()[-1]
    assert last == f"Stopped: {written} translated, {MANY - written} not yet. " + (
        "Go on with --existing skip."
    )
    assert psutil.wait_procs(helpers, timeout=5)[1] == []
