"""The best model is chosen on validation samples, and scores are of others."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

import ganzoo
from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.compare.run_scores import CPU, measure
from ganzoo.compare.system_scores import measure_systems
from ganzoo.compare.systems import find_systems
from ganzoo.components.callbacks.early_stopping import EarlyStopping
from ganzoo.components.metrics.cycle_error import CycleError
from ganzoo.engine.checkpoint import read_header
from ganzoo.errors import DataError, GanzooError, ModelError, RecipeError, RunError
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.measuring import say_nothing
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

CYCLE = {"type": "cycle_error", "prediction": "F(G(x))", "target": "x"}
VALIDATION, TEST = 3, 7  # of ten held-out scenes
VALUES = {  # by number of samples and step: test would choose step 6
    VALIDATION: {2: 0.1, 4: 0.3, 6: 0.5},
    TEST: {2: 0.9, 4: 0.3, 6: 0.2},
}
ELSE = dict.fromkeys((2, 4, 6), 0.8)
STEPS = 6


def quiet():
    return Console(file=io.StringIO())


@pytest.fixture
def built(recipes, tiny):
    def build(**more):
        metrics = {"cycle": {**CYCLE, "every": "2 steps"}}
        known = build_recipe(recipes / "cyclegan.toml", tiny()).recipe.metrics
        settings = {
            "metrics": {**{name: {} for name in known}, **metrics},
            "data": {"type": "streets", "size": 16, "count": 4, "held_out": VALIDATION + TEST},
            "train.length": f"{STEPS} steps",
            "checkpoints.every": "2 steps",
            "samples.count": 1,
        }
        changed = {key.replace("__", "."): value for key, value in more.items()}
        return build_recipe(recipes / "cyclegan.toml", {**tiny(), **settings, **changed})

    return build


@pytest.fixture
def planted(monkeypatch):
    """Scores that are good on validation samples where they are bad on test samples."""
    now = {}

    def note(self, training):
        now["step"] = training.step

    def compute(self):
        step = min(now["step"], STEPS) if now else STEPS
        count = len(self.sample_scores()["cycle_error"])
        return {"model": {"cycle_error": VALUES.get(count, ELSE)[step]}}

    monkeypatch.setattr(LogWriter, "on_step", note)
    monkeypatch.setattr(CycleError, "compute", compute)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, request, tiny_settings):
    """A run that nobody may change."""
    out = tmp_path_factory.mktemp("selected") / "run"
    recipe = request.config.rootpath / "recipes" / "cyclegan.toml"
    known = build_recipe(recipe, tiny_settings).recipe.metrics
    settings = {
        "metrics": {**{name: {} for name in known}, "cycle": {**CYCLE, "every": "2 steps"}},
        "data": {"type": "streets", "size": 16, "count": 4, "held_out": VALIDATION + TEST},
        "train.length": f"{STEPS} steps",
        "checkpoints.every": "2 steps",
    }
    train(build_recipe(recipe, {**tiny_settings, **settings}), out, console=quiet())
    return out


@pytest.fixture
def copied(whole, tmp_path):
    """A copy of it, with other values in best.json."""

    def copy(**changes):
        out = tmp_path / "copied"
        shutil.copytree(whole, out)
        record = json.loads((out / "best.json").read_text())
        known = {key: value for key, value in {**record, **changes}.items() if value is not None}
        (out / "best.json").write_text(json.dumps(known))
        return out

    return copy


def lines_of(folder):
    text = (folder / "evaluations.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_validation_chooses_where_test_would_choose_another(built, planted, tmp_path):
    out = tmp_path / "run"
    train(built(), out, console=quiet())
    best = json.loads((out / "best.json").read_text())
    assert (best["step"], best["value"]) == (2, 0.1)
    assert best["observed"] == {"validation": {"x": VALIDATION}}
    assert best["chosen_on"]["share"] == 0.3
    assert read_header(out / "best.safetensors")["step"] == 2
    assert json.loads((out / "metrics.json").read_text())["cycle"]["model"]["cycle_error"] == 0.2
    record = json.loads((out / "run.json").read_text())["starts"][-1]["splits"]
    assert record["validation"]["items"] == {"x": VALIDATION, "y": VALIDATION}
    assert record["test"]["items"] == {"x": TEST, "y": TEST}
    assert record["validation"]["digest"] == best["chosen_on"]["digest"]


def test_each_line_says_of_which_samples_it_is(whole):
    best = json.loads((whole / "best.json").read_text())["step"]
    lines = [(line["step"], line["split"]) for line in lines_of(whole)]
    expected = [(2, "validation"), (4, "validation"), (6, "validation"), (6, "test")]
    assert lines == expected + ([(best, "test")] if best < STEPS else [])
    for line in lines_of(whole):
        count = {"validation": VALIDATION, "test": TEST}[line["split"]]
        assert line["observed"] == {"cycle": {line["split"]: {"x": count}}}


def test_all_samples_together_are_both(whole):
    """The mean over all is that over validation and test, weighed by their numbers."""
    scores = {
        split: evaluate(whole, split=split, tell=say_nothing).scores["cycle"]["model"]
        for split in ("validation", "test", "all")
    }
    values = {split: row["cycle_error"] for split, row in scores.items()}
    together = (VALIDATION * values["validation"] + TEST * values["test"]) / (VALIDATION + TEST)
    assert values["all"] == pytest.approx(together, rel=1e-6)
    assert len({*values.values()}) == 3


def test_callbacks_are_told_of_validation_samples_alone(built, planted, tmp_path, monkeypatch):
    told = []

    def hear(self, training, scores):
        value = scores.of_model("cycle")["cycle_error"]
        told.append((training.step, scores.split, value))

    monkeypatch.setattr(EarlyStopping, "on_evaluation", hear)
    stop = {"stop": {"type": "early_stopping", "metric": "cycle"}}
    train(built(callbacks=stop), tmp_path / "run", console=quiet())
    assert told == [(step, "validation", v) for step, v in VALUES[VALIDATION].items()]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"checkpoints__best": "cycle.cycle_error"}, "checkpoints.best"),
        ({"callbacks": {"stop": {"type": "early_stopping", "metric": "cycle"}}}, "callbacks.stop"),
    ],
)
def test_what_chooses_needs_validation_samples(built, settings, path):
    with pytest.raises(RecipeError) as caught:
        built(checkpoints__validation=0, **settings)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert "checkpoints.validation = 0 keeps none" in fault.message
    assert built(**settings)


@pytest.mark.parametrize("share", [-0.1, 1, 2])
def test_a_share_is_a_share(built, share):
    with pytest.raises(RecipeError, match=r"checkpoints\.validation"):
        built(checkpoints__validation=share)


def test_without_validation_samples_no_model_is_chosen(built, tmp_path):
    console = Console(file=io.StringIO(), width=300)
    train(built(checkpoints__validation=0), tmp_path / "run", console=console)
    assert not (tmp_path / "run" / "best.safetensors").exists()
    lines = [(line["step"], line["split"]) for line in lines_of(tmp_path / "run")]
    assert lines == [(2, "test"), (4, "test"), (6, "test")]
    assert "all is test (10 test samples of x and y), no best model is chosen" in (
        console.file.getvalue()
    )
    with pytest.raises(DataError, match=r"there are no validation samples: checkpoints\.v"):
        evaluate(tmp_path / "run", split="validation", tell=say_nothing)


REFUSED = "evaluate the last model instead, or this one with --split validation"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"observed": {"held_out": {"x": 10}}},
            "this model was chosen on 10 held-out samples of x",
        ),
        ({"observed": {"test": {"x": 7}}}, "this model was chosen on 7 test samples of x"),
        ({"observed": None}, "nothing beside it says on which images this model was chosen"),
        ({"observed": 3}, "nothing beside it says on which images"),
        ({"chosen_on": None}, "this model was chosen with another share"),
        ({"chosen_on": {"share": 0.5}}, "this model was chosen with checkpoints.validation = 0.5"),
        ({"chosen_on": {"share": "x"}}, "this model was chosen with another share"),
        ({"step": "x"}, "nothing beside it says on which images"),
    ],
)
def test_a_model_chosen_on_test_samples_is_not_reported_on_them(copied, changes, why):
    run = copied(**changes)
    for what in (run / "best.safetensors", ganzoo.load_model(run / "best.safetensors")):
        for split in ("test", "all"):
            with pytest.raises(ModelError) as caught:
                evaluate(what, split=split, tell=say_nothing)
            assert f"best.safetensors: {why}" in str(caught.value)
            assert str(caught.value).endswith(REFUSED)
    result = CliRunner().invoke(app, ["evaluate", str(run), "--best"])
    assert result.exit_code == 2
    assert REFUSED in " ".join(result.output.split())
    assert evaluate(run / "best.safetensors", split="validation", tell=say_nothing).scores
    assert evaluate(run, tell=say_nothing).scores, "the last model was not chosen"


def test_a_model_chosen_on_validation_samples_is_reported(whole, copied):
    told = []
    best = whole / "best.safetensors"
    assert evaluate(best, tell=told.append).split == "test"
    assert told == []
    evaluate(best, split="all", tell=told.append)
    assert told == ["note: 3 validation samples of x among these chose this model"]
    more = {"overrides": {"checkpoints.validation": 0.5}, "tell": say_nothing}
    assert evaluate(best, **more).samples < TEST, "what chose it is among what is left out"
    with pytest.raises(
        ModelError, match=r"validation = 0\.3, and here checkpoints\.validation is 0\.1"
    ):
        evaluate(best, overrides={"checkpoints.validation": 0.1}, tell=say_nothing)
    trained = copied(observed={"training": {"x": 5}}, chosen_on={})
    assert evaluate(trained / "best.safetensors", tell=say_nothing).scores


def test_a_split_that_is_none(whole):
    with pytest.raises(GanzooError, match="there is no split 'train': use test, validation, all"):
        evaluate(whole, split="train", tell=say_nothing)
    result = CliRunner().invoke(app, ["evaluate", str(whole), "--split", "train"])
    assert result.exit_code == 2
    assert "--split" in result.output
    folders = ["evaluate", "--folders", str(whole), str(whole), "--split", "all"]
    result = CliRunner().invoke(app, folders)
    assert "--split: this is for a model" in " ".join(result.output.split())


def test_another_share_is_told_and_chooses_anew(built, planted, tmp_path):
    """The best of other samples is no yardstick, however good it was."""
    out = tmp_path / "run"
    train(built(train__length="4 steps"), out, console=quiet())
    assert json.loads((out / "best.json").read_text())["value"] == 0.1
    console = Console(file=io.StringIO(), width=300)
    train(built(checkpoints__validation=0.42), out, resume=True, console=console)
    assert "changed: checkpoints.validation = 0.42 (was 0.3)" in console.file.getvalue()
    best = json.loads((out / "best.json").read_text())
    assert (best["step"], best["value"], best["chosen_on"]["share"]) == (6, 0.8, 0.42)
    assert best["observed"]["validation"]["x"] not in (VALIDATION, TEST), "others, not as many"


def test_changed_images_are_noticed_though_names_and_sizes_stay(built, tmp_path):
    for side in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / "data" / side).mkdir(parents=True)
        for number in range(4):
            rng = np.random.default_rng([number, *side.encode()])
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / side / f"{number}.bmp")
    data = {"type": "folders", "root": str(tmp_path / "data"), "size": 16}
    out = tmp_path / "run"
    train(built(data=data, train__length="2 steps"), out, console=quiet())
    one, other = (tmp_path / "data" / side / "0.bmp" for side in ("testA", "trainA"))
    assert one.stat().st_size == other.stat().st_size
    shutil.copy(other, one)
    with pytest.raises(RunError, match="held-out samples of other content"):
        train(built(data=data), out, resume=True, console=quiet())
    again = train(built(data=data), out, resume=True, console=quiet(), changes=["data"])
    assert again.finished


def test_a_comparison_is_of_test_samples(whole, tmp_path):
    (system,) = find_systems([str(whole)], 1, (), tmp_path)
    metrics = {system.name: {"metrics": {"cycle": CYCLE}}}
    planned = {system.name: system.blueprint.recipe.to_dict()["metrics"]}
    scores = measure_systems(
        [system], planned, say_nothing, ganzoo.engine.device.find_device("cpu")
    )
    assert metrics.keys() == planned.keys()
    assert [*scores] == [system.name, f"{system.name}, best"]
    for name, runs in scores.items():
        (run,) = runs
        assert run.observed == {"cycle": {"test": {"x": TEST}}}
        model = whole / ("best.safetensors" if "best" in name else "model.safetensors")
        alone = evaluate(model, tell=say_nothing).scores["cycle"]["model"]["cycle_error"]
        assert run.scores["cycle"]["model"]["cycle_error"] == pytest.approx(alone, rel=1e-6)
        assert run.splits["test"]["items"]["x"] == TEST


def test_a_best_model_of_test_samples_has_no_row(copied, tmp_path):
    run, told = copied(observed={"held_out": {"x": 10}}), []
    (system,) = find_systems([str(run)], 1, (), tmp_path)
    planned = {system.name: system.blueprint.recipe.to_dict()["metrics"]}
    assert [*measure_systems([system], planned, told.append, CPU)] == [system.name]
    assert any("this model was chosen on 10 held-out samples" in line for line in told)
    with pytest.raises(ModelError, match="chosen on 10 held-out samples"):
        measure(system, system.trainings[0], planned[system.name], say_nothing, best=True)


def test_the_report_shows_both(whole):
    page = (whole / "report.html").read_text(encoding="utf-8")
    assert "On 7 test samples of x, 3 validation samples of x." in page
    assert "step 6, validation" in page
    assert "Few are held out (3 validation samples of x and y, 7 test samples" in page
    assert "on 3 validation samples of x; kept in" in page


TOGETHER = """
import sys
from pathlib import Path
from ganzoo import build_recipe
from ganzoo.components.callbacks.early_stopping import EarlyStopping
from ganzoo.training.train import train
import json, os, torch

def hear(self, training, scores):
    line = [training.step, scores.split, scores.of_model("cycle")["cycle_error"]]
    with open(Path(sys.argv[2]) / f"heard-{os.environ['RANK']}", "a") as file:
        file.write(json.dumps(line) + "\\n")

EarlyStopping.on_evaluation = hear
train(build_recipe(sys.argv[1]), Path(sys.argv[2]) / "run")
torch.distributed.destroy_process_group()  # or gloo's threads may abort the interpreter's end
"""


def test_two_processes_deal_alike_and_are_told_the_same(built, whole, tmp_path):
    stop = {"stop": {"type": "early_stopping", "metric": "cycle"}}
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(built(callbacks=stop).recipe.to_toml())
    (tmp_path / "script.py").write_text(TOGETHER)
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2")
    words = [sys.executable, *launcher, tmp_path / "script.py", recipe, tmp_path]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    heard = [(tmp_path / f"heard-{rank}").read_text().splitlines() for rank in (0, 1)]
    assert heard[0] == heard[1]
    told = [json.loads(line) for line in heard[0]]
    lines = [line for line in lines_of(tmp_path / "run") if line["split"] == "validation"]
    assert told == [
        [line["step"], "validation", line["scores"]["cycle"]["model"]["cycle_error"]]
        for line in lines
    ]
    records = [
        json.loads((run / "run.json").read_text())["starts"][-1]["splits"]
        for run in (whole, tmp_path / "run")
    ]
    assert records[0] == records[1]
