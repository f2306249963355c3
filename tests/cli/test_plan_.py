"""`ganzoo plan`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.cli.pages.plan_page import print_plan, print_summary
from ganzoo.compare.train_systems import Stopped
from ganzoo.interfaces import StepCost
from ganzoo.planning import recipe_plan as planning
from ganzoo.planning.plan_html import plan_page
from ganzoo.planning.plan_recipe import plan_recipe
from ganzoo.planning.plan_record import record_plan
from ganzoo.planning.recipe_text import WIDTH
from ganzoo.planning.trial_table import TrialRow, TrialTable
from ganzoo.planning.trying import TriedPlan
from ganzoo.printing.terminal import Terminal

FILES = {"recipe.toml", "fingerprint.json", "plan.html"}


@pytest.fixture
def folder(tmp_path, tiny_rules, monkeypatch):
    """Two domains in a folder; the tiny rules plan for it."""
    monkeypatch.setattr(planning, "installed_rules", lambda: tiny_rules)
    monkeypatch.setattr(planning, "make_estimate", lambda: lambda recipe: StepCost(2**30, 0.5))
    monkeypatch.chdir(tmp_path)
    make_domains(tmp_path / "own")
    return tmp_path


def make_domains(folder, names=("trainA", "trainB", "testA", "testB"), count=5):
    rng = np.random.default_rng(1)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (20, 24, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def command(*words):
    return CliRunner().invoke(app, ["plan", *map(str, words)])


def test_a_folder_is_planned(folder):
    done = command("own")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (folder / "plans" / "own").iterdir()} == FILES
    recipe = tomllib.loads((folder / "plans/own/recipe.toml").read_text(encoding="utf-8"))
    assert recipe["name"] == "own"
    assert recipe["data"]["root"] == str(folder / "own")
    assert "ganzoo run plans/own/recipe.toml" in done.output


def test_two_folders_are_planned_twice_alike(folder):
    for out in ("plans/first", "again/first"):
        done = command("own/trainA", "own/trainB", "--out", out)
        assert done.exit_code == 0, done.output
    one, other = (folder / out / "recipe.toml" for out in ("plans/first", "again/first"))
    assert one.read_bytes() == other.read_bytes()


def test_installed_rules_plan(tmp_path, monkeypatch):
    """Nothing is replaced here: fingerprint, rules and estimates as a user has them."""
    monkeypatch.chdir(tmp_path)
    make_domains(tmp_path / "own", count=12)
    done = command("own", "--budget", "10m")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "plans/own/recipe.toml").read_text(encoding="utf-8")
    recipe = tomllib.loads(text)
    assert recipe.keys() >= {"networks", "losses", "data", "optimizers", "train", "outputs"}
    assert max(map(len, text.splitlines())) <= WIDTH


def test_wishes_reach_the_rules(folder):
    words = ["--budget", "1h30m", "--memory", "2G", "--goal", "content", "--json"]
    done = command("own", *words)
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    wishes = {"budget": 5400, "memory": 2**31, "goal": "content", "pairs": None}
    assert record["wishes"] == wishes
    assert record["recipe"]["train"]["length"] == "2 steps"
    assert [each["level"] for each in record["cautions"]] == ["warning", "note"]
    assert record["files"][0] == "plans/own/recipe.toml"
    assert {each["path"] for each in record["decisions"]} >= {"train.length", "data.size", "name"}
    assert record["step"] == {"memory": 2**30, "seconds": 0.5}


def test_a_plan_that_is_there_is_kept(folder):
    assert command("own").exit_code == 0
    page = folder / "plans" / "own" / "plan.html"
    page.write_text("mine")
    done = command("own")
    assert done.exit_code == 2
    assert "plans/own already holds a plan; nothing was changed" in done.output
    assert page.read_text() == "mine"
    assert command("own", "--existing", "overwrite").exit_code == 0
    assert page.read_text(encoding="utf-8") != "mine"


def test_no_other_folder_is_overwritten(folder):
    (folder / "precious").mkdir()
    done = command("own", "--out", "precious", "--existing", "overwrite")
    assert done.exit_code == 2
    assert "precious already exists and is no plan" in done.output
    assert [*(folder / "precious").iterdir()] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere: it does not exist"),
        (["own/trainA/0.png"], "it is a file, not a folder"),
        (["own", "own"], "given as x and as y"),
        (["own", "own/../own"], "given as x and as y"),
        (["own/trainA", "own"], "lies in"),
        (["own", "--budget", "two"], "--budget two: write a time as 90s, 30m, 2h or 1h30m"),
        (["own", "--memory", "lots"], "is no amount of memory"),
        (["own", "--out", "con"], "the recipe is named like its folder"),
        (["empty"], "This folder holds no folders"),
    ],
)
def test_mistakes_are_told_in_a_sentence(folder, words, said):
    (folder / "empty").mkdir()
    done = command(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (folder / "plans").exists()


def test_a_training_without_sense_is_refused(folder):
    make_domains(folder / "few", ("trainA", "trainB"), 2)
    done = command("few")
    assert done.exit_code == 2
    assert "x has hardly any image; get ten at least" in done.output
    assert not (folder / "plans").exists()
    done = command("few", "--anyway")
    assert done.exit_code == 0, done.output
    assert done.output.index("stop: x has hardly") < done.output.index("warning: x has 2 images")


def test_names_that_strangers_chose(folder):
    make_domains(folder / "own one" / "é 図", ("a\x1b[31m", "b\u202e"))
    done = command("own one/é 図")
    assert done.exit_code == 0, done.output
    assert "\x1b[31m" not in done.output
    assert "\u202e" not in done.output
    assert "ganzoo run 'plans/é 図/recipe.toml'" in done.output
    recipe = tomllib.loads((folder / "plans/é 図/recipe.toml").read_text(encoding="utf-8"))
    assert recipe["data"]["x"] == "a\x1b[31m"


def test_a_folder_below_whose_name_no_recipe_can_hold_is_refused(folder):
    odd = os.fsdecode(b"b\xff")
    try:
        make_domains(folder / "odd", ("a", odd))
    except OSError:
        pytest.skip("this disk has no such names")
    done = command("odd")
    assert done.exit_code == 2
    assert "b\\xff: this path holds a byte that is no UTF-8" in done.output


def test_ctrl_c_leaves_nothing(folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(planning, "take_fingerprint", interrupt)
    done = command("own")
    assert done.exit_code == 130
    assert "nothing was written" in done.output
    assert not (folder / "plans").exists()


@pytest.fixture
def made(folder):
    return plan_recipe("own")


@pytest.mark.parametrize("width", [80, 100])
def test_pages_fit_the_terminal(made, width):
    out = io.StringIO()
    print_plan(made, "ganzoo run plans/own/recipe.toml", Terminal(file=out, width=width))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    text = out.getvalue()
    order = ["own: two", "warning: x has 5", "Fixed", "By rule", "By trial", "Expected"]
    places = [text.index(each) for each in [*order, "copying the input", "ganzoo run"]]
    assert places == sorted(places)
    assert "2 steps of 0.5 s: 1 s; 1.0 GiB of memory" in text


TRIALS = TrialTable(
    rows=[
        TrialRow("the plan", "beaten", 40, 40, 0.1, 0.913, 0.149, why="as the rules decided"),
        TrialRow("a rather long name of a way", "won", 40, 40, 0.1, 0.8, 0.1, remark="\x1bbetter"),
        TrialRow("copy the input", "copy", realism=0.7, faithfulness=0.0),
    ],
    realism="KID (efficientnet_lite0), lower is better",
    faithfulness="structure distance (ganzoo_tiny), lower is better",
    goal="style",
    samples="6 validation samples of x, 5 of y",
    verdict="Another way won. Copying the input is as good, or better.",
    winner="a rather long name of a way",
    beats_copying=False,
)


@pytest.mark.parametrize("width", [80, 100])
def test_trials_take_the_place_of_candidates(made, width):
    out = io.StringIO()
    tried = replace(made, trials=TRIALS)
    print_plan(tried, "ganzoo run plans/own/recipe.toml", Terminal(file=out, width=width))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for cells in ("the plan  ", "40 of 40  0.913", "won: \\x1bbetter", "Another way won."):
        assert cells in text
    assert "--try 3" not in text
    html = plan_page(tried, "ganzoo run")
    assert "Another way won." in html
    assert "0.913" in html
    assert record_plan(tried)["trials"]["winner"] == TRIALS.winner
    summary = io.StringIO()
    print_summary(tried, "see there", Terminal(file=summary, width=width))
    assert "Copying the input is as good, or better." in " ".join(summary.getvalue().split())


def test_trials_are_carried_out_kept_and_told(folder, monkeypatch):
    def tried(draft, candidates, number, place, **_):
        assert [each.name for each in candidates] == ["wider"]
        assert number == 2
        (place / "0-the-plan").mkdir(parents=True)
        return TriedPlan(draft.with_candidate(candidates[0]), TRIALS)

    monkeypatch.setattr(planning, "try_candidates", tried)
    done = command("own", "--try", "2", "--budget", "1h")
    assert done.exit_code == 0, done.output
    plan = folder / "plans" / "own"
    assert {path.name for path in plan.iterdir()} == {*FILES, "trials"}
    recipe = tomllib.loads((plan / "recipe.toml").read_text(encoding="utf-8"))
    assert recipe["networks"]["G"]["width"] == 8
    assert [path.name for path in plan.parent.iterdir()] == ["own"]


def test_trials_that_were_stopped_go_on(folder, monkeypatch):
    def stop(*_, **__):
        raise Stopped

    monkeypatch.setattr(planning, "try_candidates", stop)
    done = command("own", "--try", "2")
    assert done.exit_code == 130
    assert "the same command goes on with the trials in plans/.own-trials" in done.output
    assert not (folder / "plans" / "own").exists()


@pytest.mark.parametrize("width", [80, 100])
def test_the_summary_has_eight_lines_and_the_warnings(made, width):
    out = io.StringIO()
    print_summary(made, "see there", Terminal(file=out, width=width))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert max(map(len, lines)) <= width
    words = ["plan", "x", "y", "networks", "losses", "training", "expected", "why"]
    assert [line.split()[0] for line in lines[:8]] == words
    assert lines[8:] == ["", "warning: x has 5 images", "    -> get more"]
