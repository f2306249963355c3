"""`ganzoo compare`: what it trains, keeps, refuses and writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from ganzoo.builder.trained import open_model
from ganzoo.cli import app
from ganzoo.compare import train_systems
from ganzoo.compare.comparison_pictures import PicturedSystem, _data_for
from ganzoo.compare.comparison_table import compare
from ganzoo.compare.run_scores import measure
from ganzoo.compare.shared_metrics import metrics_of, own_metrics, plan_metrics
from ganzoo.compare.systems import differing_data, find_systems
from ganzoo.components.data.streets import Streets
from ganzoo.errors import GanzooError

TINY = """
summary = "tiny"
[networks]
G = { type = "resnet", width = 4, blocks = 1 }
D = { type = "patchgan", width = 4, layers = 1 }
[losses]
game = { type = "lsgan", real = "D(y)", fake = "D(G(x))" }
[outputs]
x2y = "G(x)"
[data]
type = "streets"
size = 16
count = 8
held_out = 3
[optimizers]
default = { type = "adam" }
[train]
length = "4 steps"
log_every = "1 steps"
device = "cpu"
[checkpoints]
every = "1 steps"
[metrics]
labels = { type = "palette_score", prediction = "x2y", target = "y", source = "x" }
"""
OTHER = """
extends = "first.toml"
[losses]
game = { weight = 0 }
copy = { type = "l1", prediction = "G(x)", target = "x" }
[metrics]
near = { type = "psnr", prediction = "x2y", target = "y", when = "compare" }
own  = { type = "psnr", prediction = "G(x)", target = "y", when = "compare" }
"""
BACKWARD = """
extends = "first.toml"
[losses]
game = { type = "lsgan", real = "D(x)", fake = "D(G(y))" }
[outputs]
y2x = "G(y)"
[metrics]
labels = { type = "psnr", prediction = "y2x", target = "x" }
"""


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    """Two recipes in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.toml").write_text(TINY)
    (tmp_path / "second.toml").write_text(OTHER)
    return "first.toml", "second.toml"


@pytest.fixture
def ganzoo(monkeypatch):
    """Runs a command here, and the runs that it starts as well: (exit code, output, errors)."""
    inner = []

    def call(*words):
        inner.clear()
        done = CliRunner().invoke(app, [str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr + "".join(inner)

    def here(command):
        done = CliRunner().invoke(app, command[3:])
        inner.append(done.stderr)
        return done.exit_code

    monkeypatch.setattr(train_systems, "_wait", here)
    return call


def test_it_trains_what_is_missing_and_keeps_the_rest(recipes, tmp_path, ganzoo):
    code, said, complaint = ganzoo("compare", *recipes, "--out", "cmp")
    assert code == 0, complaint
    assert "[2/2] training second: cmp/second/seed-0" in said
    models = sorted((tmp_path / "cmp").rglob("model.safetensors"))
    assert [m.parts[-3:-1] for m in models] == [("first", "seed-0"), ("second", "seed-0")]
    before = [model.stat().st_mtime_ns for model in models]
    code, said, _ = ganzoo("compare", *recipes, "--out", "cmp", "--seeds", 2)
    assert code == 0
    assert said.count("] training") == 2
    assert "measuring cmp/first/seed-0" not in said
    assert [model.stat().st_mtime_ns for model in models] == before
    text = (tmp_path / "cmp" / "comparison.md").read_text()
    assert "±" in text
    assert "| second |" in text
    assert "| mean layout |" in text
    scores = [
        json.loads((tmp_path / "cmp" / "first" / f"seed-{seed}" / "metrics.json").read_text())
        for seed in (0, 1)
    ]
    mean = sum(found["labels"]["model"]["class_iou"] for found in scores) / 2
    assert f"{mean:.3f}" in next(line for line in text.splitlines() if line.startswith("| first"))
    with Image.open(tmp_path / "cmp" / "x2y.png") as picture:
        assert picture.width > picture.height  # x, first, second, y above three rows
    page = (tmp_path / "cmp" / "comparison.html").read_text()
    assert 'href="first/seed-1/report.html"' in page
    assert (tmp_path / "cmp" / "first" / "seed-1" / "report.html").exists()
    assert "±" in page
    assert "Cannot be shown" not in page


def test_metrics_for_comparison_alone_wait_for_it(recipes, tmp_path, ganzoo):
    code, *_ = ganzoo("compare", *recipes, "--out", "cmp")
    assert code == 0
    run = tmp_path / "cmp" / "second" / "seed-0"
    assert json.loads((run / "metrics.json").read_text()).keys() == {"labels"}
    compared = json.loads((run / "comparison.json").read_text())["figures"]["scores"]
    assert compared.keys() == {"labels", "near", "own"}
    assert compared["near"] == compared["own"]
    first = json.loads((run.parents[1] / "first" / "seed-0" / "comparison.json").read_text())
    assert first["figures"]["scores"].keys() == {"labels", "near"}  # own names a network


def test_a_system_without_the_output_is_not_asked_for_it(recipes, tmp_path):
    (tmp_path / "back.toml").write_text(BACKWARD)
    systems = find_systems(["back.toml", "second.toml"], 1, [], tmp_path / "cmp")
    own = own_metrics(systems)
    assert metrics_of(systems[0], own).keys() == {"labels", "labels (second)", "near"}
    assert metrics_of(systems[1], own).keys() == {"labels (second)", "near", "own"}


SETTINGS = """
extends = "first.toml"
[metrics]
labels = { type = "palette_score", prediction = "G(x)", target = "y", source = "x", OTHER }
"""
PALETTE = "palette = [[255, 0, 0], [0, 255, 0]]"


@pytest.mark.case("A18")
def test_metrics_of_one_name_are_each_system_s_own(recipes, tmp_path, ganzoo):
    """Another type and other settings: neither is dropped, and they share no column."""
    text = SETTINGS.replace("OTHER", PALETTE)
    (tmp_path / "third.toml").write_text(text)
    (tmp_path / "back.toml").write_text(BACKWARD)
    systems = find_systems(["first.toml", "third.toml", "back.toml"], 1, [], tmp_path / "cmp")
    planned, refused = plan_metrics(systems)
    assert refused == []
    assert {system: list(tables) for system, tables in planned.items()} == {
        "first": ["labels"],
        "third": ["labels", "labels (third)"],
        "back": ["labels", "labels (back)"],
    }
    assert planned["third"]["labels (third)"]["palette"] == [[255, 0, 0], [0, 255, 0]]
    assert planned["back"]["labels (back)"]["type"] == "psnr"
    code, said, complaint = ganzoo("compare", *(s.name + ".toml" for s in systems), "--out", "cmp")
    assert code == 0, complaint
    trained = find_systems(["first.toml", "third.toml", "back.toml"], 1, [], tmp_path / "cmp")
    cpu = torch.device("cpu")
    found = {s.name: [measure(s, s.trainings[0], planned[s.name], print, cpu)] for s in trained}
    own = {
        s.name: json.loads((s.trainings[0].folder / "metrics.json").read_text())["labels"]["model"]
        for s in trained
    }
    labels = {"first": "labels", "third": "labels (third)", "back": "labels (back)"}
    for name, label in labels.items():
        assert found[name][0].scores[label]["model"] == pytest.approx(own[name], rel=1e-5)
    columns = compare(found).columns
    assert ("labels (third)", "class_iou") in columns
    assert ("labels (back)", "psnr") in columns
    assert "2 test samples of x and y" in said


@pytest.mark.case("A18")
def test_the_same_by_another_wire_is_one_column(recipes, tmp_path):
    """`G(x)` is what `x2y` names; what a network is called says nothing."""
    text = SETTINGS.replace(", OTHER", "") + 'own = { type = "psnr", prediction = '
    (tmp_path / "same.toml").write_text(text + '"G(G(x))", target = "x" }\n')
    other = text.replace("G(x)", "H(x)") + '"H(H(x))", target = "x" }\n'
    named = '[networks]\nH = { type = "resnet", width = 4, blocks = 1 }\n[losses]\n'
    game = 'game = { type = "lsgan", real = "D(y)", fake = "D(H(x))" }\n[outputs]\nx2y = "H(x)"\n'
    (tmp_path / "renamed.toml").write_text(other.replace("[metrics]", named + game + "[metrics]"))
    own = own_metrics(find_systems(["same.toml", "renamed.toml"], 1, [], tmp_path / "cmp"))
    assert [[asked.label for asked in each] for each in own.values()] == [["labels", "own"]] * 2


@pytest.mark.case("A18")
def test_what_one_system_refuses_the_others_keep(recipes, tmp_path):
    """`labels` of the second reads the output of another shape."""
    gray = """
extends = "first.toml"
[networks]
G = { type = "resnet", width = 4, blocks = 1, out_channels = 1 }
D = { type = "patchgan", width = 4, layers = 1, in_channels = 1 }
F = { type = "resnet", width = 4, blocks = 1, in_channels = 1 }
[losses]
game = { type = "lsgan", real = "D(G(x))", fake = "D(G(y))" }
copy = { type = "l1", prediction = "F(G(x))", target = "x" }
[metrics]
labels = {}
"""
    (tmp_path / "gray.toml").write_text(gray)
    systems = find_systems(["first.toml", "gray.toml"], 1, [], tmp_path / "cmp")
    planned, refused = plan_metrics(systems)
    assert planned["first"].keys() == {"labels"}
    assert planned["gray"] == {}
    [sentence] = refused
    assert sentence.startswith("metrics.labels is left out for gray: ")


@pytest.mark.case("A2")
def test_other_data_are_measured_again(recipes, tmp_path, ganzoo, monkeypatch):
    """What was kept was of other images."""
    assert ganzoo("compare", "first.toml", "--out", "cmp")[0] == 0
    assert "measuring" not in ganzoo("compare", "first.toml", "--out", "cmp")[1]
    monkeypatch.setattr(Streets, "fingerprint", lambda self: {"x": "other"})
    assert "measuring cmp/first/seed-0" in ganzoo("compare", "first.toml", "--out", "cmp")[1]


def test_a_run_that_is_there_is_a_row_of_its_own(recipes, tmp_path, ganzoo):
    assert ganzoo("run", "first.toml", "--out", "mine", "--set", "train.seed=7")[0] == 0
    code, said, _ = ganzoo("compare", "mine", "second.toml", "--out", "cmp")
    assert code == 0
    assert "[1/1] training second" in said
    assert "| mine |" in (tmp_path / "cmp" / "comparison.md").read_text()
    assert not (tmp_path / "cmp" / "mine").exists()


def test_interrupted_it_goes_on_with_the_same_command(recipes, tmp_path):
    words = ["compare", *recipes, "--out", "cmp", "--set", "train.length=3000 steps"]
    command = [sys.executable, "-m", "ganzoo", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    log = tmp_path / "cmp" / "first" / "seed-0" / "log.jsonl"
    deadline = time.monotonic() + 200
    while not (log.exists() and log.read_text().count("\n") > 3):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert said.endswith("Stopped; what was done is saved. Go on with the same command.\n")
    assert not (tmp_path / "cmp" / "second").exists()
    (system,) = find_systems(["first.toml"], 1, words[-1:], tmp_path / "cmp")
    assert system.trainings[0].state == "begun"
    assert system.trainings[0].words[0] == "resume"


def test_a_metric_that_cannot_be_had_is_told_before_training_and_left_out(recipes, ganzoo):
    Path(recipes[1]).write_text(
        OTHER
        + 'far = { type = "kid", prediction = "x2y", target = "y", weights = "no.safetensors",'
        ' when = "compare" }\n'
    )
    code, said, complaint = ganzoo("compare", *recipes, "--out", "cmp")
    assert code == 0, complaint
    assert "note: metrics.far is left out: " in said
    assert said.index("metrics.far") < said.index("training first")
    assert "far" not in Path("cmp/comparison.md").read_text()


def test_everything_wrong_is_told_before_anything_is_trained(recipes, tmp_path, ganzoo):
    (tmp_path / "bad.toml").write_text(TINY.replace('"lsgan"', '"lsgna"'))
    code, _, complaint = ganzoo("compare", *recipes, "bad.toml", "nothing", "first.toml")
    assert code == 2
    assert "Did you mean 'lsgan'?" in complaint
    assert "nothing" in complaint
    assert "'first' is given 2 times" in complaint
    assert not (tmp_path / "runs").exists()


def test_a_run_of_other_settings_is_refused(recipes, tmp_path, ganzoo):
    assert ganzoo("compare", "first.toml", "--out", "cmp")[0] == 0
    changed = ["networks.G.width=8", "train.length=5 steps"]
    with pytest.raises(GanzooError, match=r"in networks\.G\.width, train\.length; .*--out"):
        find_systems(["first.toml"], 1, changed, tmp_path / "cmp")


def test_a_failed_system_is_left_out_and_told(recipes, tmp_path, ganzoo):
    text = TINY.replace('type = "streets"', 'type = "folders"\nroot = "nowhere"')
    for line in ("count = 8\n", "held_out = 3\n"):
        text = text.replace(line, "")
    (tmp_path / "lost.toml").write_text(text)
    code, said, complaint = ganzoo("compare", "lost.toml", "first.toml", "--out", "cmp")
    assert code == 1
    assert "nowhere" in complaint
    assert "cmp/lost/seed-0: failed, and is left out" in said
    assert "| first |" in (tmp_path / "cmp" / "comparison.md").read_text()


def test_other_data_are_told(recipes, tmp_path):
    (tmp_path / "second.toml").write_text(OTHER + "[data]\npaired = true\n")
    systems = find_systems(recipes, 1, [], tmp_path / "cmp")
    assert differing_data(systems) == ["second has other data than first: paired = True"]


def own_images(folder: Path) -> Path:
    """Gray images of 12 bits in trainA, trainB, testA and testB."""
    for side in ("trainA", "trainB", "testA", "testB"):
        (folder / side).mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng(number).integers(0, 4096, (16, 16), dtype=np.uint16)
            Image.fromarray(pixels).save(folder / side / f"{number}.png")
    return folder


@pytest.mark.case("A18", "A9")
def test_each_system_gets_the_images_as_it_was_trained_to_read_them(recipes, tmp_path, ganzoo):
    """A range of one, gray of the other: both saw what the first reads, or ended in a traceback."""
    place = own_images(tmp_path / "photos")
    data = ["--set", f'data={{ type = "folders", root = "{place}", size = 16 }}']
    data += ["--set", "metrics={}"]
    gray = ["G.in_channels", "G.out_channels", "D.in_channels"]
    gray = [word for each in gray for word in ("--set", f"networks.{each}=1")]
    changes = {"plain": [], "gray": [*gray, "--set", "data.channels=1"]}
    changes["gray"] += ["--set", "data.range=[0, 4095]"]
    for name, more in changes.items():
        result = CliRunner().invoke(app, ["run", "first.toml", "--out", name, *data, *more])
        assert result.exit_code == 0, result.output
    plans = [open_model(tmp_path / name) for name in changes]
    systems = [PicturedSystem(n, *opened) for n, opened in zip(changes, plans, strict=True)]
    plain, ranged = (_data_for(system, systems[0], ["x"]) for system in systems)
    assert plain.test_sample(0)["x"].shape == (3, 16, 16)
    assert plain.test_sample(0)["x"].max() < -0.87
    assert ranged.test_sample(0)["x"].shape == (1, 16, 16)
    assert ranged.test_sample(0)["x"].max() > 0.9
    result = CliRunner().invoke(app, ["compare", *changes, "--out", "together"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "together" / "x2y.png").exists()
    elsewhere = own_images(tmp_path / "others")
    (elsewhere / "testA" / "1.png").unlink()
    plan, model = open_model(tmp_path / "gray", overrides=[f"data.root={elsewhere}"])
    assert _data_for(PicturedSystem("gray", plan, model), systems[0], ["x"]) is None
