"""A run goes on where its data are elsewhere; with other data or settings, only on purpose."""

from __future__ import annotations

import io
import json
import shlex
import shutil

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo import build_recipe, load_recipe
from ganzoo.cli import app
from ganzoo.errors import RunError
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.train import train


def ganzoo(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def draw(folder, count, first=0):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


@pytest.fixture
def place(recipes, tiny, tmp_path, monkeypatch):
    """A folder with images and mine.toml, of four steps, to work in."""
    draw(tmp_path / "photos" / "trainA", 3)
    draw(tmp_path / "photos" / "trainB", 4, 10)
    short = {"train.length": "4 steps", "train.log_every": "1 step", "samples.count": 1}
    data = {"type": "folders", "root": "photos", "size": 16}
    recipe = load_recipe(
        recipes / "cyclegan.toml", {**tiny(), **short, "metrics": {}, "data": data, "name": "mine"}
    )
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def half(place):
    """runs/mine, stopped after two of four steps."""
    done = ganzoo("run", "mine.toml", "--set", "train.length=2 steps")
    assert done.exit_code == 0, done.output
    return place


GO_ON = ("resume", "runs/mine", "--set", "train.length=4 steps")


def weights(run):
    return load_file(list_checkpoints(run / "checkpoints")[-1][1] / "state.safetensors")


def equal(one, other):
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


def starts(run):
    return json.loads((run / "run.json").read_text())["starts"]


@pytest.mark.case("A13", "C7")
def test_what_was_found_is_told_at_the_start_and_recorded(half):
    (half / "photos" / "trainA" / "a.tga").touch()
    done = ganzoo(*GO_ON)
    told = "3 + 4 images, 0 + 0 held out, 1 left out: 1 .tga"
    assert f"data: {told}" in done.output
    found = starts(half / "runs/mine")[-1]["data"]
    assert found["summary"] == told
    assert {key: each["images"] for key, each in found["fingerprint"].items()} == {"x": 3, "y": 4}
    assert told in (half / "runs/mine/report.html").read_text()


@pytest.mark.case("C6")
def test_a_run_goes_on_from_another_working_directory(half, monkeypatch):
    (half / "elsewhere").mkdir()
    monkeypatch.chdir(half / "elsewhere")
    done = ganzoo("resume", half / "runs/mine", "--set", "train.length=4 steps")
    assert done.exit_code == 0, done.output
    assert load_recipe(half / "runs/mine").data.settings["root"] == str(half / "photos")


@pytest.mark.case("C6")
@pytest.mark.parametrize("words", [("--set", "data.root=moved"), ("--data", "moved")])
def test_a_run_goes_on_where_its_data_were_moved_as_if_nothing_was(half, words):
    shutil.copytree("runs/mine", "runs/whole")
    assert ganzoo("resume", "runs/whole", *GO_ON[2:]).exit_code == 0
    (half / "photos").rename(half / "moved")
    (half / "moved" / "trainA").rename(half / "moved" / "photos")
    refused = ganzoo(*GO_ON)
    assert refused.exit_code == 2
    assert "photos does not exist; --set data.root=FOLDER" in refused.stderr
    done = ganzoo(*GO_ON, *words, "--set", "data.x=photos")
    assert done.exit_code == 0, done.output
    assert equal(weights(half / "runs/mine"), weights(half / "runs/whole"))
    assert load_recipe("runs/mine").data.settings["root"] == str(half / "moved")


@pytest.mark.case("C7", "D8")
def test_data_that_changed_are_told_and_taken_only_when_asked_for(half):
    draw(half / "photos" / "trainB", 2, 90)
    before = (half / "runs/mine/run.json").read_bytes()
    refused = ganzoo(*GO_ON)
    assert refused.exit_code == 2
    assert "y: 6 images, where there were 4" in refused.stderr
    assert (half / "runs/mine/run.json").read_bytes() == before
    advised = shlex.split(refused.stderr.rpartition("as they are: ")[2])
    assert advised == ["ganzoo", "resume", "runs/mine", "--change", "data"]
    done = ganzoo(*advised[1:], *GO_ON[2:])
    assert done.exit_code == 0, done.output
    assert "changed: data.y: 6 images, where there were 4" in done.output
    assert starts(half / "runs/mine")[-1]["changes"][0]["path"] == "data"
    assert starts(half / "runs/mine")[-1]["data"]["fingerprint"]["y"]["images"] == 6
    again = ganzoo("resume", "runs/mine", "--set", "train.length=5 steps")
    assert again.exit_code == 0, again.output  # they are its data now


@pytest.mark.case("C7")
def test_other_data_in_the_same_place_are_told(half):
    for folder in ("trainA", "trainB"):
        draw(half / "others" / folder, 3 if folder == "trainA" else 4, 50)
    refused = ganzoo(*GO_ON, "--data", "others")
    assert refused.exit_code == 2
    assert "x: as many images as before (3), of other names or sizes" in refused.stderr


def test_a_callback_is_taken_away_on_purpose(place):
    metric = '{ type = "cycle_error", prediction = "F(G(x))", target = "x", every = "2 steps" }'
    callbacks = '{ stop = { type = "early_stopping", metric = "m", patience = 9 } }'
    given = ("--set", f"metrics.m={metric}", "--set", f"callbacks={callbacks}")
    done = ganzoo("run", "mine.toml", *given, "--set", "train.length=2 steps")
    assert done.exit_code == 0, done.output
    refused = ganzoo(*GO_ON, "--set", "callbacks={}")
    assert refused.exit_code == 2
    assert 'callbacks.stop ({ type = "early_stopping", metric = "m"' in refused.stderr
    advised = shlex.split(refused.stderr.rpartition("to change it: ")[2])
    assert advised[-2:] == ["--change", "callbacks={}"]
    done = ganzoo(*advised[1:], *GO_ON[2:])
    assert done.exit_code == 0, done.output


@pytest.mark.case("C9", "D8")
def test_a_change_on_purpose_is_allowed_and_recorded(half):
    refused = ganzoo(*GO_ON, "--set", "optimizers.default.lr=1e-5")
    assert refused.exit_code == 2
    assert "optimizers.default.lr (0.0004 there, 1e-05 here)" in refused.stderr
    advised = shlex.split(refused.stderr.rpartition("to change it: ")[2])
    done = ganzoo(*advised[1:], *GO_ON[2:])
    assert done.exit_code == 0, done.output
    assert "changed: optimizers.default.lr = 1e-05 (was 0.0004)" in done.output
    change = {"path": "optimizers.default.lr", "from": 0.0004, "to": 1e-05}
    assert starts(half / "runs/mine")[-1]["changes"] == [change]
    log = [json.loads(line) for line in (half / "runs/mine/log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2, 3, 4]
    assert [line.get("changes") for line in log] == [None, [{"step": 2, **change}], None, None]
    page = (half / "runs/mine/report.html").read_text()
    assert "after step 2: optimizers.default.lr = 1e-05 (was 0.0004)" in page
    assert load_recipe("runs/mine").optimizers["default"].settings["lr"] == 1e-5


@pytest.mark.case("C9")
def test_a_change_takes_effect_and_one_to_the_same_value_has_none(half):
    for name in ("whole", "same"):
        shutil.copytree("runs/mine", f"runs/{name}")
    whole, same = (ganzoo("resume", f"runs/{n}", *GO_ON[2:], *more) for n, more in (
        ("whole", ()), ("same", ("--change", "optimizers.default.lr=4e-4", "--change", "data"))
    ))  # fmt: skip
    assert (whole.exit_code, same.exit_code) == (0, 0), same.output
    assert "changes" not in starts(half / "runs/same")[-1]
    assert equal(weights(half / "runs/same"), weights(half / "runs/whole"))
    assert ganzoo(*GO_ON, "--change", "optimizers.default.lr=1e-5").exit_code == 0
    assert not equal(weights(half / "runs/mine"), weights(half / "runs/whole"))


@pytest.mark.case("C9")
def test_a_change_that_no_checkpoint_fits_is_one_sentence(half):
    done = ganzoo(*GO_ON, "--change", "networks.G.width=8")
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert "do not fit" in done.stderr
    done = ganzoo(*GO_ON, "--change", "lr")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "write it as path=value" in done.stderr


@pytest.mark.case("C9", "C7")
def test_changes_in_python(half):
    quiet = io.StringIO()
    experiment = build_recipe("runs/mine", ["optimizers.default.lr=1e-5", "train.length=4 steps"])
    from rich.console import Console

    out, console = half / "runs/mine", Console(file=quiet)
    with pytest.raises(RunError, match=r"optimizers\.default\.lr"):
        train(experiment, out, resume=True, console=console)
    changes = ["optimizers.default.lr"]
    assert train(experiment, out, resume=True, console=console, changes=changes).finished


@pytest.mark.case("C9", "C6")
def test_changes_and_moved_data_reach_two_processes(half, monkeypatch):
    """Each process gets the whole command."""
    seen = []
    monkeypatch.setattr("ganzoo.launch.processes.launch", lambda n, words, at: seen.append(words))
    draw(half / "moved" / "trainA", 3)
    draw(half / "moved" / "trainB", 4, 10)
    words = ("--change", "optimizers.default.lr=1e-5", "--data", "moved", "--processes", "2")
    done = ganzoo(*GO_ON, *words)
    assert done.exit_code == 0, done.output
    [told] = seen
    assert told[told.index("--change") + 1] == "optimizers.default.lr=1e-5"
    assert told[told.index("--data") + 1] == "moved"
    assert told[-2:] == ["--processes", "2"]


@pytest.mark.case("C9")
def test_a_change_that_no_step_would_train_is_refused(half):
    """Else the model's header would say that it was trained so."""
    run = half / "runs" / "mine"
    before = (run / "recipe.toml").read_bytes(), (run / "model.safetensors").read_bytes()
    change = ("resume", "runs/mine", "--change", "data.interpolation=nearest")
    refused = ganzoo(*change)
    assert refused.exit_code == 2
    assert "all 2 steps are made" in refused.output
    assert "data.interpolation" in refused.output
    assert before == ((run / "recipe.toml").read_bytes(), (run / "model.safetensors").read_bytes())
    longer = ganzoo(*change, "--set", "train.length=3 steps")
    assert longer.exit_code == 0, longer.output
