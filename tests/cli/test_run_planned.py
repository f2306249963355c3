"""`ganzoo run --data FOLDER` without a recipe: planned first, then trained, all of it kept."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app, train_request
from ganzoo.errors import GanzooError
from ganzoo.interfaces import StepCost
from ganzoo.planning import recipe_plan as planning

FILES = {"recipe.toml", "fingerprint.json", "plan.html"}


@pytest.fixture
def folder(tmp_path, tiny_rules, monkeypatch):
    """Two domains in a folder; the tiny rules plan for it."""
    monkeypatch.setattr(planning, "installed_rules", lambda: tiny_rules)
    monkeypatch.setattr(planning, "make_estimate", lambda: lambda recipe: StepCost(2**30, 0.5))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for name in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(5):
            pixels = rng.integers(0, 255, (20, 24, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{number}.png")
    return tmp_path


def command(*words):
    """Run a command; its words stand where a terminal would have them."""
    return CliRunner().invoke(app, [str(word) for word in words])


def read_recipe(run):
    return tomllib.loads((run / "recipe.toml").read_text(encoding="utf-8"))


def test_it_plans_trains_and_keeps_the_plan(folder):
    done = command("run", "--data", "own")
    assert done.exit_code == 0, done.output
    run = folder / "runs" / "own"
    assert {path.name for path in (run / "plan").iterdir()} == FILES
    planned, trained = read_recipe(run / "plan"), read_recipe(run)
    assert planned["train"]["length"] == trained["train"]["length"] == "2 steps"
    assert "# fixed tiny" in (run / "plan" / "recipe.toml").read_text(encoding="utf-8")
    assert json.loads((run / "run.json").read_text())["state"] == "finished"
    assert done.output.index("plan      own") < done.output.index("step 2/2")
    assert not (folder / "plans").exists()
    again = command("run", "--data", "own")
    assert again.exit_code == 2
    assert "Go on with it: ganzoo resume runs/own; or" in again.output


def test_settings_change_planned_values_on_record(folder):
    words = ["--set", "train.length=3 steps", "--set", "train.seed=7", "--out", "there"]
    done = command("run", "--data", "own", *words)
    assert done.exit_code == 0, done.output
    trained = read_recipe(folder / "there")
    assert (trained["train"]["length"], trained["train"]["seed"]) == ("3 steps", 7)
    assert read_recipe(folder / "there" / "plan")["train"]["length"] == "2 steps"


def test_resume_goes_on_exactly(folder):
    long = ["--set", "train.length=4 steps", "--set", "checkpoints.every=2 steps"]
    assert command("run", "--data", "own", *long, "--out", "whole").exit_code == 0
    half = ["--set", "train.length=2 steps", "--set", "checkpoints.every=2 steps"]
    assert command("run", "--data", "own", *half, "--out", "halved").exit_code == 0
    done = command("resume", "halved", "--set", "train.length=4 steps")
    assert done.exit_code == 0, done.output
    whole, halved = (folder / name / "model.safetensors" for name in ("whole", "halved"))
    assert whole.read_bytes() == halved.read_bytes()
    assert {path.name for path in (folder / "halved" / "plan").iterdir()} == FILES


def test_a_planned_recipe_is_run_from_its_file_or_its_folder(folder):
    assert command("plan", "own").exit_code == 0
    for recipe, out in (("plans/own/recipe.toml", "runs/own"), ("plans/own", "second")):
        done = command("run", recipe, *(["--out", out] if out == "second" else []))
        assert done.exit_code == 0, done.output
        kept = folder / out / "plan" / "recipe.toml"
        assert kept.read_bytes() == (folder / "plans/own/recipe.toml").read_bytes()
    assert read_recipe(folder / "runs/own") == read_recipe(folder / "second")


def test_explain_prints_it_all(folder):
    done = command("run", "--data", "own", "--explain")
    assert done.exit_code == 0, done.output
    for text in ("Fixed: settled by papers", "tests are short; never", "copying the input"):
        assert text in done.output


def test_several_processes_do_not_plan_again(folder, monkeypatch):
    """They are given the recipe as a file, with the settings and the run's folder."""
    launched = []

    def launch(count, words, started):
        recipe = Path(words[words.index("run") + 3])
        launched.append((words, read_recipe(recipe.parent)))
        raise GanzooError("launched")

    monkeypatch.setattr("ganzoo.launch.processes.launch", launch)
    words = ["--set", "train.seed=7", "--stop-after", "1h", "--processes", "2"]
    done = command("run", "--data", "own", *words, "--budget", "2h")
    assert "launched" in done.output
    [(words, recipe)] = launched
    assert words[:3] == ["run", "--processes", "2"]
    others = ["--out", "runs/own", "--set", "train.seed=7", "--stop-after", "1h"]
    assert words[4:] == others
    assert recipe["name"] == "own"
    assert not Path(words[3]).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what to train: a recipe"),
        (["--data", "nowhere"], "nowhere: it does not exist"),
        (["--data", "own", "--resume"], "go on with: ganzoo resume runs/own"),
        (["--data", "own", "--set", "train.lenght=1"], "Did you mean 'length'"),
        (["--data", "own", "--set", "train.seed"], "path=value"),
        (["--data", "own", "--set", "data.type=streets"], "both say what the data are"),
        (["--data", "own", "--stop-after", "soon"], "--stop-after soon: write a time"),
        (["--data", "own", "--out", "own"], "own already exists"),
        (["cyclegan", "--budget", "2h", "--explain"], "--budget, --explain: this is for planning"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(folder, monkeypatch, words, said):
    monkeypatch.setattr(planning, "take_fingerprint", None)
    done = command("run", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert not (folder / "runs").exists()


def test_a_launchers_processes_are_sent_to_plan_first(folder, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setattr(train_request, "begin", None)
    done = command("run", "--data", "own")
    assert isinstance(done.exception, (GanzooError, SystemExit))
    assert not (folder / "runs").exists()


def test_a_plan_is_no_run_to_resume(folder):
    assert command("plan", "own").exit_code == 0
    done = command("resume", "plans/own")
    assert done.exit_code == 2
    assert "this folder is a plan" in done.output
