"""Early stopping: where patience ends, by hand; in a training, and on resume."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.components.callbacks.early_stopping import EarlyStopping
from ganzoo.components.metrics.cycle_error import CycleError
from ganzoo.errors import RecipeError, RunError
from ganzoo.interfaces import Scores
from ganzoo.training import train

NAN = float("nan")


def stop_of(values, higher=False, steps=100, **settings):
    """The evaluation, counted from 1, at which training is stopped, and the reason; or None."""
    stopping, reasons = EarlyStopping("fid", **settings), []
    for step, value in enumerate(values, 1):
        training = SimpleNamespace(step=step, steps=steps, stop=reasons.append)
        rows = {"model": {"first": value, "second": -value}, "baseline": {"first": 0.0}}
        better = {"fid": {"first": higher, "second": not higher}}
        stopping.on_evaluation(training, Scores({"fid": rows}, better))
        if reasons:
            return step, reasons[0]
    return None


@pytest.mark.parametrize(
    ("values", "settings", "step"),
    [
        ([5, 4, 4.5, 4.2], {"patience": 2}, 4),
        ([5, 4, 4.5, 3.9, 4, 4], {"patience": 2}, 6),  # 3.9 is better: the count starts again
        ([5, 4, 4, 4, 4], {}, 5),  # an equal one is no improvement; patience is 3
        ([5, 4.9, 4.8, 4.7], {"patience": 2, "min_delta": 0.25}, 3),  # 4.8 is better by only 0.2
        ([5, 4.9, 4.7, 4.5, 4.46], {"patience": 2, "min_delta": 0.25}, 5),  # 4.7 by 0.3
        ([NAN, NAN], {"patience": 2}, 2),
        ([NAN, 5, NAN, 4, NAN, NAN], {"patience": 2}, 6),
        ([1, 2, 3, 2, 3], {"higher": True, "patience": 2}, 5),
        ([-1, -2, -3, -2, -3], {"score": "second", "higher": False, "patience": 2}, 5),
    ],
)
def test_where_patience_ends(values, settings, step):
    assert stop_of(values, **settings)[0] == step


def test_it_goes_on_while_scores_improve():
    assert stop_of([5, 4, 4.5, 3, 3.5, 2], patience=2) is None
    assert stop_of([5, 6, 7], patience=2, steps=3) is None, "the last step ends training anyway"


def test_the_reason_is_a_sentence():
    assert stop_of([12.3456, 13, 14], patience=2)[1] == (
        "fid, first has not improved in 2 evaluations; the best was 12.35 at step 1"
    )
    assert stop_of([NAN], patience=1)[1] == "fid, first was no number in 1 evaluation"


def test_another_metrics_turn_does_not_count():
    stopping = EarlyStopping("fid", patience=1)
    training = SimpleNamespace(step=1, steps=9, stop=pytest.fail)
    stopping.on_evaluation(training, Scores({"ssim": {"model": {"ssim": 1}}}, {}))
    assert stopping.waited == 0


@pytest.mark.parametrize("settings", [{"patience": 0}, {"min_delta": -1.0}, {"min_delta": NAN}])
def test_wrong_settings(settings):
    with pytest.raises(ValueError, match="it must be at least"):
        EarlyStopping("fid", **settings)
    with pytest.raises(ValueError, match="metric is empty"):
        EarlyStopping("")


def stopping_recipe(recipes, tiny, every="1 steps", **settings):
    metric = {"type": "cycle_error", "prediction": "F(G(x))", "target": "x"}
    change = {
        "metrics": {"cycle": {**metric, **({"every": every} if every else {})}},
        "callbacks": {"stop": {"type": "early_stopping", "metric": "cycle", **settings}},
        "train.length": "9 steps",
        "train.device": "cpu",
        "alarms.action": "off",
    }
    return build_recipe(recipes / "cyclegan.toml", {**tiny(), **change})


@pytest.fixture
def scores(monkeypatch, tmp_path):
    """Let evaluations of the run give these values, one after the other."""

    def plant(values):
        def compute(self):
            file = tmp_path / "run" / "evaluations.jsonl"
            number = len(file.read_text().splitlines()) if file.exists() else 0
            return {"model": {"cycle_error": values[min(number, len(values) - 1)]}}

        monkeypatch.setattr(CycleError, "compute", compute)

    return plant


def test_a_run_stops_and_says_why(recipes, tiny, tmp_path, scores):
    scores([5.0, 4.0, 4.5, 4.2, 0.0])
    said = io.StringIO()
    experiment = stopping_recipe(recipes, tiny, patience=2)
    outcome = train.train(experiment, tmp_path / "run", console=Console(file=said, width=300))
    why = "callbacks.stop: cycle, cycle_error has not improved in 2 evaluations; the best was 4"
    assert (outcome.step, outcome.finished) == (4, False)
    assert outcome.reason == f"{why} at step 2"
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (record["state"], record["starts"][-1]["reason"]) == ("stopped", outcome.reason)


def test_a_resume_goes_on_with_the_count(recipes, tiny, tmp_path, scores):
    """Killed after each of three steps: the fourth still ends the patience of two."""
    scores([5.0, 4.0, 4.5, 4.2, 0.0])
    for step in (1, 2, 3):
        console = Console(file=io.StringIO())
        experiment = stopping_recipe(recipes, tiny, patience=2)
        out, resume = tmp_path / "run", step > 1
        outcome = train.train(experiment, out, resume=resume, console=console, until=0.0)
        assert outcome.step == step
    experiment = stopping_recipe(recipes, tiny, patience=2)
    outcome = train.train(experiment, out, resume=True, console=console)
    assert (outcome.step, outcome.finished) == (4, False)
    experiment = stopping_recipe(recipes, tiny, patience=2)
    outcome = train.train(experiment, out, resume=True, console=console)
    assert outcome.step == 7, "0 at step 5 is better than 4; then the patience is two again"


def test_the_command_prints_the_reason(recipes, tiny, tmp_path, scores):
    scores([4.0, 4.5])
    file = tmp_path / "recipe.toml"
    file.write_text(stopping_recipe(recipes, tiny, patience=1).recipe.to_toml())
    result = CliRunner().invoke(app, ["run", str(file), "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    why = "callbacks.stop: cycle, cycle_error has not improved in 1 evaluation"
    assert f"Stopped after step 2 ({why}; the best was 4 at step 1); everything" in said


def test_a_score_that_the_metric_lacks_ends_the_run(recipes, tiny, tmp_path, scores):
    scores([4.0])
    experiment = stopping_recipe(recipes, tiny, score="fid")
    with pytest.raises(RunError, match=r"callbacks\.stop.*no score 'fid'; it has cycle_error"):
        train.train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"every": ""}, 'metrics.cycle is computed only at the end: give it every = "500 steps"'),
        ({"metric": "fid"}, "there is no metric 'fid'"),
    ],
)
def test_a_metric_that_is_not_computed_while_training_is_refused(recipes, tiny, change, message):
    with pytest.raises(RecipeError) as caught:
        stopping_recipe(recipes, tiny, **change)
    [fault] = caught.value.faults
    assert (fault.path, fault.message[: len(message)]) == ("callbacks.stop.metric", message)
