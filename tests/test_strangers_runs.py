"""A run folder from a stranger: what its files hold is told, and nothing else is touched."""

from __future__ import annotations

import html
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.errors import GanzooError
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import HIDDEN
from ganzoo.recipe.loading import load_recipe
from ganzoo.report.facts import bare_facts
from ganzoo.report.report_page import write_report
from ganzoo.report.run_files import read_run
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.listing import describe
from ganzoo.training.train import train

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
        list(folder.entries())
        folder.cut_after(2, folder.log)
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
        for new in chance.sample(ODD, 2):
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
                list(RunFolder(bad).entries(bad / name))
    ask("list", "runs", "--in", place / "runs")


HOSTILE = "a\x1b]0;owned\x07\u202e<script>alert(1)</script>\" onload='alert(1)"


class Page(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes


def renamed(value, names):
    """JSON with other keys, and other texts."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def without_name(folder):
    text = (folder / "recipe.toml").read_text()
    return re.sub(r"^(name|summary) = .*$", "", text, flags=re.M)


@pytest.mark.case("E6")
def test_names_of_anybody_are_text_on_the_page(place):
    """The same elements and attributes as without them: only their texts differ."""
    bad = place / "runs" / "bad"
    before = Page(write_report(bad, bare_facts({})).read_text(encoding="utf-8"))
    names = dict.fromkeys(("labels", "generators", "class_iou", "model", "cycle_X", "m"), HOSTILE)
    names |= {"discriminators": f"{HOSTILE}2", "class_accuracy": f"{HOSTILE}3"}
    for name in ("log.jsonl", "evaluations.jsonl", "alarms.jsonl"):
        lines = [json.loads(line) for line in (bad / name).read_text().splitlines()]
        text = "".join(json.dumps(renamed(line, names)) + "\n" for line in lines)
        (bad / name).write_text(text)
    record = json.loads((bad / "run.json").read_text())
    odd = dict.fromkeys(("command", "host", "platform", "reason", "device"), HOSTILE)
    record["starts"][0] |= {**odd, "devices": [HOSTILE], "packages": {HOSTILE: HOSTILE}}
    (bad / "run.json").write_text(json.dumps(record))
    (bad / "recipe.toml").write_text(f"summary = {json.dumps(HOSTILE)}\n{without_name(bad)}")
    text = write_report(bad, bare_facts({})).read_text(encoding="utf-8")
    after = Page(text)
    assert text.count(html.escape(HOSTILE.partition("\x1b")[0] + r"\x1b]0;owned\x07")) >= 10
    assert not HIDDEN.search(text)
    assert sorted(set(after.tags)) == sorted(set(before.tags))
    assert after.tags.count("script") == before.tags.count("script")
    assert {name for name, _ in after.attributes} <= {name for name, _ in before.attributes}
    assert not [name for name, _ in after.attributes if name in ("href", "onload", "srcset")]
    for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.S):
        json.loads(block)


@pytest.mark.case("E6")
def test_every_command_prints_text_of_a_strangers_run(place, monkeypatch):
    bad = place / "runs" / "bad"
    head = f"name = {json.dumps('n' + HOSTILE[1:20])}\nsummary = {json.dumps(HOSTILE)}\n"
    (bad / "recipe.toml").write_text(head + without_name(bad))
    scores = {HOSTILE: {HOSTILE: {HOSTILE: 0.5, "b\nc": 1.0}}}
    (bad / "metrics.json").write_text(json.dumps(scores))
    record = json.loads((bad / "run.json").read_text())
    record["starts"][0] |= {"device": HOSTILE, "reason": HOSTILE}
    (bad / "run.json").write_text(json.dumps(record))
    escaped = r"a\x1b]0;owned\x07\u202e<script>"
    table = ask("list", "runs", "--in", place / "runs")
    assert escaped in table
    assert len(table.splitlines()) == 1
    told = json.loads(ask("list", "runs", "--in", place / "runs", "--json"))
    assert told[0]["device"] == HOSTILE
    assert r"n\x1b]0;owned\x07\u202e<script>" in ask("show", bad)
    (bad / "recipe.toml").write_text(f"summary = {json.dumps(HOSTILE)}\n{without_name(bad)}")
    assert escaped in ask("show", bad)
    ask("check", bad)
    ask("report", bad)
    ask("resume", bad)
    ask("compare", bad, bad)
    ask("evaluate", bad, "--metric", HOSTILE)
    ask("show", place / f"x{HOSTILE[:12]}.toml")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    images, out = place / "images", place / "out"
    images.mkdir()
    Image.new("RGB", (16, 16)).save(images / "a\x1b]0;t\x07\n.png")
    Image.new("RGB", (16, 16)).save(images / "b.png")
    (images / "\x1b[2J.tga").write_text("no image")
    ask("translate", bad / "model.safetensors", images, out)
    hostile = images / "a\x1b]0;t\x07\n.png"
    said = ask("translate", bad / "model.safetensors", hostile, place / "one.png")
    assert r"a\x1b]0;t\x07" in said


@pytest.mark.case("E11")
def test_a_damaged_record_costs_one_sentence(place):
    """And is kept beside the one that begins."""
    bad = place / "runs" / "bad"
    odd = json.dumps({**json.loads((bad / "run.json").read_text()), "steps": "x\x1b"})
    (bad / "run.json").write_text(odd)
    fault = f"{bad / 'run.json'} is damaged: steps cannot be 'x\\x1b'"
    assert ask("report", bad).count(fault) == 1
    said = ask("compare", bad)
    assert f"{fault}\n  this goes on, with another record: ganzoo resume {bad}" in said
    assert "\tdamaged\t" in ask("list", "runs", "--in", place / "runs")
    assert fault in ask("resume", bad)
    assert (bad / "run.damaged.json").read_text() == odd
    assert describe(bad).state == "finished"


WATCH = """
import sys
own = sys.argv[1]
def look(event, arguments):
    if event == "socket.connect":
        print("OUTSIDE", event)
    if event in ("open", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.mkdir"):
        if own in str(arguments[0]):
            print("OUTSIDE", event, arguments[0])
sys.addaudithook(look)
from typer.testing import CliRunner
from ganzoo.cli import app
for words in (["report"], ["list", "runs", "--in"], ["check"], ["show"], ["resume"]):
    done = CliRunner().invoke(app, [*words, sys.argv[2]])
    print(words, done.exit_code, done.output[:3000])
"""


@pytest.mark.case("E3")
def test_nothing_outside_of_the_folder_is_opened(place):
    """As Python's own audit tells: all that may be a link is one, and the recipe names the rest."""
    bad, own = place / "runs" / "bad", place / "own"
    for name in [*TEXTS, *OTHERS]:
        if name not in ("recipe.toml", "run.json", "report.html", "samples"):
            clear(bad / name)
            (bad / name).symlink_to(own / "secret.json")
    (own / "samples").mkdir()
    Image.new("RGB", (8, 8), "red").save(own / "samples" / "step-00000001.png")
    clear(bad / "samples")
    (bad / "samples").symlink_to(own / "samples")
    before = tree(own)
    words = [sys.executable, "-c", WATCH, str(own), str(bad)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "OUTSIDE" not in done.stdout, done.stdout
    assert done.stdout.count("leads out of") >= 5
    assert tree(own) == before
    text = (bad / "report.html").read_text(encoding="utf-8")
    assert SECRET not in text
    assert "Damaged files" in text
