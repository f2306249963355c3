"""`train.tune` keeps the fastest of the ways it times, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import math
from functools import partial

import pytest
import torch
from accelerate.state import AcceleratorState
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.engine.device import choose_accelerator
from ganzoo.errors import RunError
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.resume_rules import check_recipe_same
from ganzoo.training import preparing, tuning
from ganzoo.training.train import train
from ganzoo.training.tuning import (
    Alternative,
    StepTimer,
    count_steps,
    list_alternatives,
    search,
)

SHORT = {
    "train.length": "6 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y.buffer.size": 3,
    "losses.adversarial_X.buffer.size": 3,
}
ONE, TWO = Alternative({"compile": True}), Alternative({"precision": "float32"})
LONG = Alternative({"compile": True}, from_seconds=100.0)


@pytest.fixture(autouse=True)
def another_precision():
    """Accelerate keeps a process's first precision; a run has a process of its own."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


class Clock:
    """A clock on which each step takes what it is given for a precision."""

    def __init__(self) -> None:
        self.now, self.seconds = 0.0, {"float32": 0.5, "bf16": 0.2}

    def __call__(self) -> float:
        return self.now

    def step(self, precision: str) -> None:
        self.now += self.seconds[precision]


@pytest.fixture
def clock(monkeypatch):
    """A processor with bf16 arithmetic, on which steps take what a test wants."""
    clock, step = Clock(), tuning.Trainer.train_step

    def train_step(self, draws):
        step(self, draws)
        clock.step("bf16" if self.accelerator.mixed_precision == "bf16" else "float32")

    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    monkeypatch.setattr(tuning.Trainer, "train_step", train_step)
    monkeypatch.setattr(tuning, "can_compile", lambda device: False)
    monkeypatch.setattr(preparing, "StepTimer", partial(StepTimer, clock=clock))
    return clock


@pytest.fixture
def run(recipes, tiny):
    """Trains the tiny CycleGAN; returns what was printed."""

    def train_it(out, *, resume=False, changes=(), **settings):
        AcceleratorState._reset_state(reset_partial_state=True)
        printed = io.StringIO()
        more = {f"train.{key}": value for key, value in settings.items()}
        overrides = {**tiny(), **SHORT, **more}
        experiment = build_recipe(recipes / "cyclegan.toml", overrides, start=not resume)
        console = Console(file=printed, width=200)
        train(experiment, out, resume=resume, changes=changes, console=console)
        return printed.getvalue()

    return train_it


def starts(out):
    return json.loads((out / "run.json").read_text())["starts"]


def equal(one, other):
    first, second = (load_file(out / "model.safetensors") for out in (one, other))
    return first.keys() == second.keys() and all(first[key].equal(second[key]) for key in first)


@pytest.mark.parametrize(
    ("one", "two", "both", "chosen"),
    [
        (0.9, 0.9, 0.8, {"compile": True, "precision": "float32"}),
        (0.9, 9.9, 0.95, {"compile": True}),
        (1.1, 0.9, 9.9, {"precision": "float32"}),
        (0.99, 0.98, 9.9, {}),  # within what two measurements differ by
        (math.inf, 1.2, 9.9, {}),
    ],
)
def test_the_choice_follows_the_times(one, two, both, chosen):
    times = {(): 1.0, ("compile",): one, ("precision",): two, ("compile", "precision"): both}
    found = search([ONE, TWO], lambda settings: times[tuple(settings)], steps=10)
    assert found.settings == chosen
    assert found.seconds["as it is"] == 1.0
    assert found.seconds["compile = true"] == one


@pytest.mark.parametrize(("steps", "tried"), [(49, False), (50, True)])
def test_what_takes_long_to_try_is_tried_in_long_trainings(steps, tried):
    found = search([LONG], lambda settings: 2.0, steps)
    assert ("compile = true" in found.seconds) == tried


def test_a_second_of_steps_is_timed():
    assert count_steps(0.1, 1000) == 10
    assert count_steps(7.0, 1000) == 3
    assert count_steps(0.0, 1000) == 50
    assert count_steps(0.1, 9) == 7  # as many as there are beside the two that warm up


@pytest.mark.parametrize(
    ("device", "settings", "ways"),
    [
        ("cpu", {}, [{"compile": True}]),
        ("cpu", {"train.compile": True}, [{"compile": False}]),
        ("cpu", {"train.precision": "bf16"}, [{"precision": "float32"}, {"compile": True}]),
        ("cuda", {}, [{"channels_last": True}, {"compile": True}]),
    ],
)
def test_what_is_tried(recipes, tiny, monkeypatch, device, settings, ways):
    monkeypatch.setattr(tuning, "can_compile", lambda device: True)
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **settings})
    alternatives = list_alternatives(experiment, torch.device(device), auto=True)
    assert [each.settings for each in alternatives] == ways


def test_the_faster_precision_is_kept_told_and_on_record(run, clock, tmp_path):
    clock.seconds = {"float32": 0.2, "bf16": 0.5}
    printed = run(tmp_path / "run", tune=True, precision="auto")
    assert 'tuned: precision = "float32" (a step: as it is 0.5 s, precision = "float32" 0.2 s)' in (
        printed
    )
    (start,) = starts(tmp_path / "run")
    assert start["precision"] == "float32"
    assert start["tuning"]["chosen"] == {"precision": "float32"}
    seconds = start["tuning"]["seconds"]
    assert seconds == pytest.approx({"as it is": 0.5, 'precision = "float32"': 0.2})


@pytest.mark.parametrize("faster", ["bf16", "float32"])
def test_nothing_is_left_of_what_was_tried(run, clock, tmp_path, faster):
    clock.seconds = {"float32": 0.5, "bf16": 0.5, faster: 0.1}
    run(tmp_path / "tuned", tune=True, precision="auto")
    run(tmp_path / "by hand", precision=faster)
    assert starts(tmp_path / "tuned")[0]["precision"] == faster
    assert equal(tmp_path / "tuned", tmp_path / "by hand")


def test_a_resume_keeps_the_choice(run, clock, tmp_path):
    clock.seconds = {"float32": 0.1, "bf16": 0.5}
    run(tmp_path / "run", tune=True, precision="auto")
    clock.seconds = {"float32": 0.5, "bf16": 0.1}
    run(tmp_path / "run", resume=True, tune=True, precision="auto", length="8 steps")
    assert [start["precision"] for start in starts(tmp_path / "run")] == ["float32"] * 2
    assert "tuning" not in starts(tmp_path / "run")[1]


def test_a_run_is_tuned_later_on_purpose_only(run, clock, tmp_path):
    run(tmp_path / "run")
    with pytest.raises(RunError, match=r"train\.tune"):
        run(tmp_path / "run", resume=True, tune=True, length="12 steps")


def test_a_run_is_tuned_anew_by_the_recipe_that_it_began_with(run, clock, tmp_path):
    clock.seconds = {"float32": 0.1, "bf16": 0.5}
    run(tmp_path / "run", tune=True, precision="auto")
    clock.seconds = {"float32": 0.5, "bf16": 0.1}
    anew = {"resume": True, "changes": ["train.tune"], "length": "8 steps"}
    run(tmp_path / "run", tune=True, precision="auto", **anew)
    assert [start["precision"] for start in starts(tmp_path / "run")] == ["float32", "bf16"]
    change = {"path": "train.precision", "from": "float32", "to": "bf16"}
    assert starts(tmp_path / "run")[1]["changes"] == [change]


def test_tuning_anew_allows_what_it_finds_alone(recipes, tiny, tmp_path):
    def recipe(**train):
        settings = {f"train.{key}": value for key, value in train.items()}
        return load_recipe(recipes / "cyclegan.toml", {**tiny(), **settings})

    before = recipe(tune=True, compile=True)
    (change,) = check_recipe_same(tmp_path, before, recipe(tune=True), ["train.tune"])
    assert change == {"path": "train.compile", "from": True, "to": False}
    for other in ({"seed": 1}, {"precision": "bf16"}):
        with pytest.raises(RunError, match="differs from the run's"):
            check_recipe_same(tmp_path, before, recipe(tune=True, **other), ["train.tune"])
    assert check_recipe_same(tmp_path, before, recipe(tune=True)) == []


def test_a_way_that_fails_is_never_chosen(recipes, tiny, monkeypatch):
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **SHORT})
    timer = StepTimer(experiment, cpu=True)
    monkeypatch.setattr(tuning, "choose_accelerator", lambda train: 1 / 0)
    assert timer({"compile": True}) == math.inf
    assert timer.failures == ["compile = true failed: ZeroDivisionError: division by zero"]
    with pytest.raises(ZeroDivisionError):
        timer({})


def test_a_way_that_fails_is_told_and_on_record(run, monkeypatch, tmp_path):
    def refuse(player, device):
        raise OSError("the compiler is broken")

    monkeypatch.setattr(tuning, "can_compile", lambda device: True)
    monkeypatch.setattr(tuning, "COMPILE_FROM", 0.0)
    monkeypatch.setattr("ganzoo.engine.trainer.compile_player", refuse)
    printed = run(tmp_path / "run", tune=True)
    assert "compile = true failed)" in printed
    assert "compile = true failed: OSError: the compiler is broken" in printed
    record = (tmp_path / "run" / "run.json").read_text()
    seconds = json.loads(record, parse_constant=pytest.fail)["starts"][0]["tuning"]["seconds"]
    assert seconds["compile = true"] is None
    assert seconds["as it is"] > 0


def test_the_experiment_itself_does_not_move(recipes, tiny):
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **SHORT})
    before = {n: p.clone() for n, p in experiment.networks["G"].named_parameters()}
    state = torch.get_rng_state()
    choose_accelerator(experiment.recipe.train)
    assert 0 < StepTimer(experiment, cpu=True)({}) < math.inf
    assert torch.get_rng_state().equal(state)
    assert all(p.equal(before[n]) for n, p in experiment.networks["G"].named_parameters())
    assert all(p.grad is None for p in experiment.networks["G"].parameters())
