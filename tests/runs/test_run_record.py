"""run.json: whole after every change, without secrets, and true whatever ends the run."""

from __future__ import annotations

import io
import json
import os
import subprocess

import pytest
from rich.console import Console

import ganzoo
from ganzoo import build_recipe
from ganzoo.evaluation.measuring import Evaluation
from ganzoo.runs.run_record import RunRecord, read_record
from ganzoo.training import evaluator, log_writer
from ganzoo.training.environment import git_state
from ganzoo.training.final_scores import FinalScores
from ganzoo.training.train import train

SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}


def run(recipe, overrides, out, **how):
    return train(build_recipe(recipe, overrides), out, console=Console(file=io.StringIO()), **how)


def test_an_entry_a_start(recipes, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/usr/bin/ganzoo", "run", "my recipe.toml"])
    monkeypatch.setenv("MY_TOKEN", "hunter2")
    recipe, out = recipes / "cyclegan.toml", tmp_path / "run"
    run(recipe, {**tiny(), **SHORT}, out)
    longer = {"train.length": "3 steps", "train.precision": "float32"}
    run(recipe, {**tiny(), **SHORT, **longer}, out, resume=True)
    text = (out / "run.json").read_text()
    record = json.loads(text)
    assert (record["state"], record["step"], record["steps"]) == ("finished", 3, 3)
    first, second = record["starts"]
    assert (first["from_step"], second["from_step"]) == (0, 2)
    assert first["command"] == "ganzoo run 'my recipe.toml'"
    assert first["packages"] == {"ganzoo-core": ganzoo.__version__}
    assert first["pid"] == os.getpid()
    assert (first["device"], first["processes"], first["threads"]) == ("cpu", 1, 1)
    assert first["precision"] == "float32"
    assert first["devices"][0]
    assert first["started"] <= first["ended"] <= second["started"]
    named = {"ganzoo", "python", "torch", "torchvision", "accelerate", "platform", "host", "git"}
    assert named <= set(first)
    assert "hunter2" not in text


def break_down(error):
    def on_step(self, step):
        raise error

    return on_step


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no memory\nmore")])
def test_whatever_ends_it_is_told(recipes, tiny, tmp_path, monkeypatch, error):
    monkeypatch.setattr(log_writer.LogWriter, "on_step", break_down(error))
    with pytest.raises(type(error)):
        run(recipes / "cyclegan.toml", {**tiny(), **SHORT}, tmp_path / "run")
    record = read_record(tmp_path / "run")
    saved = 0 if isinstance(error, KeyboardInterrupt) else 1  # the step was whole
    assert (record["state"], record["step"]) == ("interrupted", saved)
    reason = str(error).partition("\n")[0] or "KeyboardInterrupt"
    assert record["starts"][0]["reason"] == reason


def test_it_is_running_until_it_is_evaluated(recipes, tiny, tmp_path, monkeypatch):
    states = []

    def look(self, tick):
        record = read_record(tmp_path / "run")
        states.append((record["state"], record["step"]))
        return FinalScores(2, Evaluation(), Evaluation(), [])

    monkeypatch.setattr(evaluator.Evaluator, "finish", look)
    run(recipes / "cyclegan.toml", {**tiny(), **SHORT}, tmp_path / "run")
    assert states == [("running", 2)]


def test_a_damaged_record_begins_anew(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        read_record(tmp_path)
    record = RunRecord(tmp_path)
    record.begin({"pid": 1}, 5, 9)
    record.reach(7)
    record.end("stopped")
    found = read_record(tmp_path)
    assert (found["state"], found["step"], len(found["starts"])) == ("stopped", 7, 1)
    assert (tmp_path / "run.damaged.json").read_text() == "{"
    assert read_record(tmp_path / "nowhere") is None


def git(folder, *words):
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    try:
        done = subprocess.run(
            ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("git is not here")
    return done.stdout.strip()


def test_the_commit_and_whether_files_differ_from_it(tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q")
    assert git_state(repository) is None, "no commit yet"
    (repository / "file").write_text("1")
    git(repository, "add", "file")
    git(repository, "commit", "-q", "-m", "first")
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "untracked").touch()
    assert git_state(repository) == {"commit": commit, "dirty": False}
    (repository / "file").write_text("2")
    assert git_state(repository) == {"commit": commit, "dirty": True}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(repository) is None, "no git"


def test_outside_of_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) is None
