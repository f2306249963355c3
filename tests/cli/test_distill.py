"""`ganzoo distill`: from a model to a trained student and the table of both."""

from __future__ import annotations

import re
import tomllib

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo import build_recipe, load_model
from ganzoo.builder.packaging import write_model
from ganzoo.cli import app


@pytest.fixture
def teacher(tmp_path, tiny, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_model(build_recipe("cyclegan", tiny()), tmp_path / "teacher.safetensors", 0)
    return tmp_path / "teacher.safetensors"


def distill(*words):
    return CliRunner().invoke(app, ["distill", *map(str, words)])


def count(model, name):
    return sum(parameter.numel() for parameter in model.networks[name].parameters())


def test_a_recipe_a_training_and_a_table(teacher, tmp_path):
    words = (teacher, "--output", "y2x", "--width", 2, "--steps", 2, "--name", "small")
    words += ("--set", "samples.count=1", "--set", "metrics={}")
    dry = distill(*words, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert not (tmp_path / "small.toml").exists()
    assert not (tmp_path / "runs").exists()

    done = distill(*words)
    assert done.exit_code == 0, done.output
    written = (tmp_path / "small.toml").read_text()
    assert written == dry.output
    assert tomllib.loads(written)["networks"]["F"]["weights"] == str(teacher)
    student = load_model(tmp_path / "runs" / "small")
    assert [*student.networks] == ["S"]
    pattern = r"^(parameters|size of the file|ms, 16 x 16 px) +(\S.*?)  +(\S.*?) *$"
    rows = {name: values for name, *values in re.findall(pattern, done.output, re.MULTILINE)}
    counts = count(load_model(teacher), "F"), count(student, "S")
    assert rows["parameters"] == [f"{number / 1000:.3g} k" for number in counts]
    assert len(rows) == 3
    assert "On 2 test images" in done.output
    assert "The teacher's file also holds G." in done.output

    before = load_file(tmp_path / "runs" / "small" / "model.safetensors")
    again = distill(*words)
    assert again.exit_code == 2
    assert "already holds a run; nothing was changed" in again.output
    table = distill(*words, "--resume")
    assert table.exit_code == 0, table.output
    assert "On 2 test images" in table.output
    after = load_file(tmp_path / "runs" / "small" / "model.safetensors")
    assert all(bool((after[name] == before[name]).all()) for name in before)


def test_another_recipe_is_not_overwritten(teacher, tmp_path):
    (tmp_path / "mine.toml").write_text("# mine\n")
    done = distill(teacher, "--width", 2, "--out", "mine.toml")
    assert done.exit_code == 2
    assert "mine.toml already exists and is another recipe; nothing was changed" in done.output
    assert (tmp_path / "mine.toml").read_text() == "# mine\n"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--width", "9"], "--width 9: networks.G of the teacher has 4"),
        (["--output", "z"], "--output: there is no output 'z'; there is x2y, y2x"),
        (["--name", "a/b"], "--name a/b: a name is a word without"),
        (["--width", "2", "--data", "nowhere"], "nowhere: there is no such file or folder"),
        (["--width", "2", "--set", "train.lenght=1"], "train.lenght"),
        (["--width", "2", "--set", "losses.imitation.weigth=1"], "no setting 'weigth'"),
    ],
)
def test_mistakes_are_one_message_and_nothing_is_written(teacher, tmp_path, words, told):
    done = distill(teacher, *words)
    assert done.exit_code == 2
    assert told in done.output
    assert "Traceback" not in done.output
    assert [path.name for path in tmp_path.iterdir()] == [teacher.name]
