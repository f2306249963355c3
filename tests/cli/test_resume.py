"""`ganzoo resume`, and `--stop-after` of both training commands."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ganzoo import load_recipe
from ganzoo.cli import app
from ganzoo.cli.options import seconds
from ganzoo.errors import GanzooError
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.train import train


def ganzoo(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def place(recipes, tiny, tmp_path, monkeypatch):
    """A folder with tiny.toml, of two steps, to work in."""
    short = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
    recipe = load_recipe(recipes / "cyclegan.toml", {**tiny(), **short, "name": "tiny"})
    (tmp_path / "tiny.toml").write_text(recipe.to_toml())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("text", "number"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1h1m1s", 3661), ("0h5m", 300)],
)
def test_wall_times(text, number):
    assert seconds(text) == number


@pytest.mark.parametrize("text", ["", "30", "m", "30 m", "1.5h", "30m1h", "-5m", "0s", "5d", "1H"])
def test_a_wall_time_has_units_and_is_no_duration_of_training(text, place):
    with pytest.raises(GanzooError, match="90s, 30m, 2h or 1h30m"):
        seconds(text)
    done = ganzoo("run", "tiny.toml", f"--stop-after={text}")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert not (place / "runs").exists()


def test_stopped_after_a_time_and_resumed(place):
    """As the first Ctrl-C, but with exit code 0, so that a job can go on with the next."""
    done = ganzoo("run", "tiny.toml", "--set", "train.length=4000 steps", "--stop-after", "1s")
    assert done.exit_code == 0, done.output
    assert done.output.endswith(
        "everything is saved in runs/tiny. Go on with:\n  ganzoo resume runs/tiny\n"
    )
    [(step, _)] = list_checkpoints(place / "runs/tiny/checkpoints")
    assert 1 <= step < 4000
    record = json.loads((place / "runs/tiny/run.json").read_text())
    assert (record["state"], record["step"]) == ("stopped", step)
    done = ganzoo("resume", "runs/tiny", "--set", f"train.length={step + 1} steps")
    assert done.exit_code == 0, done.output
    assert f"resumed at {step}\n" in done.output
    assert "Done: runs/tiny" in done.output
    assert [name for name, _ in list_checkpoints(place / "runs/tiny/checkpoints")] == [
        step,
        step + 1,
    ]


def test_a_finished_run_is_left_alone_and_can_be_made_longer(place):
    assert ganzoo("run", "tiny.toml").exit_code == 0
    before = contents(place)
    for words in (["resume", "runs/tiny"], ["run", "runs/tiny", "--resume"]):
        done = ganzoo(*words)
        assert done.exit_code == 0
        assert "runs/tiny is finished: 2 of 2 steps" in done.output
        assert "ganzoo resume runs/tiny --set 'train.length=...'" in done.output
        assert contents(place) == before
    assert ganzoo("resume", "runs/tiny", "--set", "train.length=3 steps").exit_code == 0
    assert json.loads((place / "runs/tiny/run.json").read_text())["steps"] == 3


def test_a_run_without_a_record_is_resumed(place):
    assert ganzoo("run", "tiny.toml").exit_code == 0
    for damage in (lambda path: path.unlink(), lambda path: path.write_text("{")):
        damage(place / "runs/tiny/run.json")
        done = ganzoo("resume", "runs/tiny")
        assert done.exit_code == 0, done.output
        assert "Done: runs/tiny" in done.output


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("nowhere", "there is no folder nowhere. See: ganzoo list runs"),
        ("tiny", "there is no folder tiny. Did you mean runs/tiny?"),
        ("empty", "empty: this folder is no run: it holds no recipe.toml"),
        ("runs/tiny/recipe.toml", "give the run's folder: runs/tiny"),
    ],
)
def test_what_is_no_run_is_told(place, run, told):
    (place / "empty").mkdir()
    (place / "runs/tiny").mkdir(parents=True)
    (place / "runs/tiny/recipe.toml").write_text((place / "tiny.toml").read_text())
    done = ganzoo("resume", run)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_signal_beside_the_time_given_ends_with_130(place, monkeypatch):
    """A stop that --stop-after did not ask for stays one."""
    real = train

    def interrupted(*words, **more):
        outcome = real(*words, **{**more, "until": 0})
        return type(outcome)(**{**vars(outcome), "asked": True})

    monkeypatch.setattr("ganzoo.training.train.train", interrupted)
    assert ganzoo("run", "tiny.toml", "--stop-after", "1h").exit_code == 130
