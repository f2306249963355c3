"""What each of several processes is told: all that was typed."""

from __future__ import annotations

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from ganzoo import load_recipe
from ganzoo.cli import app
from ganzoo.launch import processes

COMMANDS = typer.main.get_command(app)
NO_OPTIONS_OF_A_TRAINING = {"--help"}
# Refused beside a recipe; without one, the processes are given that of the plan.
OF_PLANNING = {"--pairs", "--budget", "--memory", "--goal", "--try", "--anyway", "--explain"}


@pytest.fixture
def place(recipes, tiny, tmp_path, monkeypatch):
    """A folder with tiny.toml and two folders of images, to work in."""
    short = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
    recipe = load_recipe(recipes / "cyclegan.toml", {**tiny(), **short, "name": "tiny"})
    (tmp_path / "tiny.toml").write_text(recipe.to_toml())
    for number, name in enumerate(("trainA", "trainB") * 2):
        (tmp_path / "images" / name).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / name / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def launched(monkeypatch):
    """The words of each launch; nothing is started."""
    calls = []

    def launch(count, words, started):
        calls.append((count, list(words)))
        return False

    monkeypatch.setattr(processes, "launch", launch)
    monkeypatch.setattr(processes, "check_devices", lambda count, device: None)
    for name in ("LOCAL_RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return calls


def ganzoo(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done


def parsed(words):
    """What a command makes of its words, by option."""
    name, *others = words
    return COMMANDS.get_command(None, name).make_context(name, others).params


def options(name):
    return {
        word
        for each in COMMANDS.get_command(None, name).params
        for word in each.opts
        if "--" in word
    }


RUN = {
    "--data": ["images"],
    "--set": ["train.seed=0", "train.workers=0"],
    "--out": ["there"],
    "--stop-after": ["1h"],
    "--processes": ["2"],
}
RESUME = {
    "--data": ["images"],
    "--set": ["train.length=4 steps"],
    "--change": ["optimizers.default.lr=1e-4", "data"],
    "--stop-after": ["1h"],
    "--processes": ["2"],
}


def line(name, what, given):
    return [name, what, *(word for key in given for value in given[key] for word in (key, value))]


def test_every_option_of_run_reaches_the_processes(place, launched):
    words = line("run", "tiny.toml", RUN)
    ganzoo(*words)
    ganzoo("run", "tiny.toml", "--data=images", "--out=there")
    ganzoo(*words, "--set", "train.length=4 steps", "--resume")
    [(count, told), (again, told_again)] = launched
    assert {*RUN, "--resume"} == options("run") - NO_OPTIONS_OF_A_TRAINING - OF_PLANNING
    assert (count, again) == (2, 2)
    assert parsed(told) == parsed(words)
    assert parsed(told_again)["resume"]


def test_every_option_of_resume_reaches_the_processes(place, launched):
    ganzoo("run", "tiny.toml", "--data", "images", "--out", "there")
    words = line("resume", "there", RESUME)
    ganzoo(*words)
    [(count, told)] = launched
    assert RESUME.keys() == options("resume") - NO_OPTIONS_OF_A_TRAINING
    assert count == 2
    assert parsed(told) == parsed(words)


def test_as_many_processes_as_before_are_told_where_none_are_typed(place, launched, monkeypatch):
    from ganzoo.cli import train_request

    ganzoo("run", "tiny.toml", "--out", "there")
    monkeypatch.setattr(train_request, "_count_processes", lambda record: 3)
    ganzoo("--debug", "resume", "there", "--set", "train.length=4 steps")
    [(count, told)] = launched
    assert (count, parsed(told)["processes"]) == (3, 3)
    assert parsed(told)["set_"] == ["train.length=4 steps"]


def test_checkpoints_are_read_whole_by_one_process(place, launched, monkeypatch):
    """By the one that trains, and not before by the one that starts it."""
    from ganzoo.runs import checkpoint_folders

    read, damage = [], checkpoint_folders.find_damage
    monkeypatch.setattr(
        checkpoint_folders, "find_damage", lambda path: [read.append(path.name), damage(path)][1]
    )
    ganzoo("run", "tiny.toml", "--out", "there")
    longer = ["--set", "train.length=3 steps"]
    ganzoo("resume", "there", *longer, "--processes", "2")
    assert (len(launched), read) == (1, [])
    ganzoo("resume", "there", *longer)
    assert read == ["step-00000002"]
