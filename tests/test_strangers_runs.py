"""A run folder from a stranger: what its files hold is told, and nothing else is touched."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.errors import GanzooError
from ganzoo.loading import load_recipe
from ganzoo.printing import HIDDEN
from ganzoo.report.facts import bare_facts
from ganzoo.report.reading import read_run
from ganzoo.report.writing import write_report
from ganzoo.run.folder import RunFolder
from ganzoo.run.listing import describe
from ganzoo.run.training import train
from ganzoo.terminal import Terminal

SECRET = "SECRET-OF-THE-USER"
ESCAPES = "\x1b]0;owned\x07\u202e\x9b31m\n<script>alert(1)</script>"
TEXTS = ("run.json", "recipe.toml", "log.jsonl", "evaluations.jsonl", "metrics.json", "cases.json",
         "best.json", "alarms.jsonl", "trackers.json", "comparison.json")  # fmt: skip
OTHERS = ("samples/step-00000004.png", "cases/labels-class_iou-best.png", "model.safetensors",
          "checkpoints/step-00000004/state.safetensors", "report.html", "samples")  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small run with everything that a run folder may hold."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    short = {"train.length": "4 steps", "train.log_every": "1 steps", "samples.every": "2 steps",
             "samples.count": 1, "metrics.labels.every": "2 steps",
             "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3},
             "train.device": "cpu",
             "networks.G.width": 4, "networks.F.width": 4, "networks.D_X.width": 4,
             "networks.D_Y.width": 4}  # fmt: skip
    recipe = Path(__file__).parent.parent / "recipes" / "cyclegan.toml"
    train(build_recipe(recipe, short), folder, console=Terminal(file=io.StringIO()))
    alarm = {"step": 1, "alarm": "stalled", "message": "m", "advice": "a"}
    (folder / "alarms.jsonl").write_text(json.dumps(alarm) + "\n")
    (folder / "trackers.json").write_text('{"key": "k"}')
    (folder / "comparison.json").write_text('{"key": "", "figures": {}}')
    return folder


@pytest.fixture
def place(whole, tmp_path):
    """`place / runs / bad` is a copy of it; what lies beside is the user's own."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "secret.txt").write_text(SECRET)
    (tmp_path / "own" / "secret.json").write_text(json.dumps({"step": 1, "name": SECRET}))
    Image.new("RGB", (8, 8), "red").save(tmp_path / "own" / "secret.png")
    shutil.copytree(whole, tmp_path / "runs" / "bad")
    return tmp_path


@pytest.fixture(autouse=True)
def alarm():
    """A test that waits for a pipe ends."""

    def ring(number, frame):
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def tree(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def ask(*words):
    """What a command says: it ends well or with a mistake that it tells, as text."""
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code in (0, 2), (words, done.output, done.exception)
    assert not isinstance(done.exception, Exception), (words, done.exception)
    assert not HIDDEN.search(done.output), ascii(done.output)
    assert "Traceback" not in done.output
    assert SECRET not in done.output
    return done.output


def look(place):
    """Everything that only looks at a run; what is the user's stays as it was, and unseen."""
    bad, own = place / "runs" / "bad", tree(place / "own")
    said = ask("list", "runs", "--in", place / "runs")
    ask("list", "runs", "--in", place / "runs", "--json")
    with suppress(GanzooError, OSError):
        text = write_report(bad, bare_facts({})).read_text(encoding="utf-8")
        assert not re.search(f"{SECRET}|<script>alert|#ff0000", text)
        assert not HIDDEN.search(text.replace("\r", ""))
    folder = RunFolder(bad)
    with suppress(GanzooError):
        folder.take(load_recipe(bad))
        list(folder.records())
        folder.cut(folder.log, 2)
    folder.lock.release()
    assert tree(place / "own") == own
    return said


def write(data):
    return lambda path, own: path.write_bytes(data)


def spoilings(content):
    """Ways to put something else in a file's place, each by name."""
    chance, flipped = random.Random(len(content)), bytearray(content)
    for _ in range(12 if content else 0):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return {
        "empty": write(b""),
        "half": write(content[: len(content) // 2]),
        "zeros": write(bytes(len(content))),
        "flipped": write(bytes(flipped)),
        "nonsense": write(b"\xff\xfe\x00\x1b[2J"),
        "list": write(b"[3]\n"),
        "number": write(b"3\n"),
        "deep": write(b'{"a":' * 3000 + b"1" + b"}" * 3000),
        "deep lists": write(b"[" * 90000),
        "digits": write(b'{"step": ' + b"9" * 5000 + b"}"),
        "large number": write(b'{"step": 1' + b"0" * 400 + b', "starts": []}'),
        "link": lambda path, own: path.symlink_to(own / f"secret{path.suffix or '.txt'}"),
        "link to text": lambda path, own: path.symlink_to(own / "secret.txt"),
        "link to a folder": lambda path, own: path.symlink_to(own),
        "loop": lambda path, own: path.symlink_to(path.name),
        "device": lambda path, own: path.symlink_to("/dev/zero"),
        "pipe": lambda path, own: os.mkfifo(path),
        "folder": lambda path, own: path.mkdir(),
        "large": lambda path, own: (path.touch(), os.truncate(path, 1 << 27)),
    }


def clear(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.mark.case("E11", "E3")
@pytest.mark.parametrize("name", [*TEXTS, *OTHERS])
def test_a_spoilt_file_is_told_and_harms_nothing(place, whole, name):
    file, content = place / "runs" / "bad" / name, b""
    if file.is_file():
        content = file.read_bytes()
    for how, spoil in spoilings(content).items():
        clear(file)
        spoil(file, place / "own")
        said = look(place)
        assert name == "recipe.toml" or "/bad\t" in said, how
        for path in (file, place / "runs" / "bad"):
            clear(path)
        shutil.copytree(whole, place / "runs" / "bad")


ODD = (None, True, -1, 3, 2.5, 10**400, 1e999, "x", ESCAPES, [], [3], {}, {"a": 3}, [[[]]])


def leaves(value, path=()):
    """Every place in a JSON value, by its keys, but for all of it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from leaves(item, (*path, key))


def changed(value, path, new):
    """A copy with something else in a place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return copy


@pytest.mark.case("E11")
@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith(("run", "cases"))])
def test_any_value_anywhere_is_read_or_told(place, name):
    check_values(place, name, lambda text: [json.loads(text)])


@pytest.mark.case("E11")
@pytest.mark.parametrize("name", ["metrics.json", "best.json", "alarms.jsonl"])
def test_any_value_anywhere_is_read_or_told_in_small_files(place, name):
    check_values(place, name, lambda text: [json.loads(text)])


@pytest.mark.case("E11")
@pytest.mark.parametrize("name", ["log.jsonl", "evaluations.jsonl"])
def test_any_value_anywhere_of_a_line_is_read_or_left_out(place, name):
    check_values(place, name, lambda text: [json.loads(line) for line in text.splitlines()])


def check_values(place, name, parsed):
    """Put something of another type in each place of the last object, taking turns."""
    bad = place / "runs" / "bad"
    *before, last = parsed((bad / name).read_text())
    chance = random.Random(name)
    for path in [*leaves(last)]:
        for new in chance.sample(ODD, 3):
            lines = [*before, changed(last, path, new)]
            (bad / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
            describe(bad)
            files = read_run(bad)
            text = write_report(bad, bare_facts({})).read_text(encoding="utf-8")
            assert "<script>alert" not in text
            assert not HIDDEN.search(text)
            if name == "run.json":
                assert (describe(bad).state == "damaged") == bool(files.faults), (path, new)
            elif name.endswith("jsonl"):
                list(RunFolder(bad).records(bad / name))
    ask("list", "runs", "--in", place / "runs")
