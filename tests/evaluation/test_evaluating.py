"""Metrics while training, the best model, and `ganzoo evaluate`."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo import build_recipe, load_model
from ganzoo.cli import app
from ganzoo.engine.checkpoint import read_header
from ganzoo.errors import DataError, GanzooError, ModelError, RecipeError
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.measuring import say_nothing
from ganzoo.evaluation.scores import print_scores
from ganzoo.runs.model_files import best_model
from ganzoo.training import together
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

CYCLE = {"type": "cycle_error", "prediction": "F(G(x))", "target": "x"}
LABELS = {"type": "palette_score", "prediction": "x2y", "target": "y", "source": "x"}
PSNR = {"type": "psnr", "prediction": "x2y", "target": "y"}
LATER = {"type": "ssim", "prediction": "x2y", "target": "y", "when": "compare"}
METRICS = {
    **{"photos": {}, "kid": {}, "layout": {}},
    "cycle": {**CYCLE, "every": "2 steps"},
    "labels": {**LABELS, "every": "3 steps"},
    "quality": PSNR,
    "later": LATER,
}
STEPS = 7
VALIDATION, TEST = 3, 7  # of ten held-out scenes
SHORT = {
    "data": {"type": "streets", "size": 16, "count": 4, "held_out": VALIDATION + TEST},
    "train.length": f"{STEPS} steps",
    "train.log_every": "2 steps",
    "samples.every": "100 steps",
    "samples.count": 1,
    "checkpoints.every": "4 steps",
    "ema": {"decay": 0.5},
    "metrics": METRICS,
}


def quiet():
    return Console(file=io.StringIO())


@pytest.fixture
def settings(tiny):
    return lambda **more: {**tiny(), **SHORT, **{k.replace("__", "."): v for k, v in more.items()}}


@pytest.fixture
def built(recipes, settings):
    return lambda **more: build_recipe(recipes / "cyclegan.toml", settings(**more))


@pytest.fixture(scope="module")
def whole(tmp_path_factory, request, tiny_settings):
    """One run that nobody may change, and all that it said."""
    recipe = request.config.rootpath / "recipes" / "cyclegan.toml"
    console = Console(file=io.StringIO(), width=80)
    out = tmp_path_factory.mktemp("whole") / "run"
    train(build_recipe(recipe, {**tiny_settings, **SHORT}), out, console=console)
    return out, console.file.getvalue()


def lines_of(folder):
    text = (folder / "evaluations.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_due_is_measured_and_everything_at_the_end(whole):
    folder, _ = whole
    lines, best = lines_of(folder), json.loads((folder / "best.json").read_text())["step"]
    last = ["cycle", "labels", "quality"]
    assert [(line["step"], line["split"], sorted(line["scores"])) for line in lines] == [
        (2, "validation", ["cycle"]),
        (3, "validation", ["labels"]),
        (4, "validation", ["cycle"]),
        (6, "validation", ["cycle", "labels"]),
        (7, "validation", last),
        (7, "test", last),
        *([(best, "test", last)] if best < STEPS else []),
    ]
    assert lines[5]["scores"] == json.loads((folder / "metrics.json").read_text())
    for line in lines:
        for metric, rows in line["intervals"].items():
            low, high = rows["model"][next(iter(rows["model"]))]
            assert low <= next(iter(line["scores"][metric]["model"].values())) <= high


def test_cases_are_of_each_sample(whole):
    folder, _ = whole
    cases = json.loads((folder / "cases.json").read_text())
    assert sorted(cases) == ["cycle", "labels", "quality"]
    assert cases["cycle"]["cycle_error"]["higher_is_better"] is False
    assert cases["labels"]["class_iou"]["higher_is_better"] is True
    scores = json.loads((folder / "metrics.json").read_text())
    for metric, figure in (("cycle", "cycle_error"), ("quality", "psnr")):
        values = cases[metric][figure]["values"]
        assert len(values) == TEST
        assert cases[metric][figure]["items"] == [0, 1, 4, 5, 6, 7, 9]
        assert np.mean(values) == pytest.approx(scores[metric]["model"][figure])


def figures_of(folder, metric, figure):
    """Of the model on validation samples, by step."""
    own = [line for line in lines_of(folder) if line["split"] == "validation"]
    lines = [line for line in own if metric in line["scores"]]
    return {line["step"]: line["scores"][metric]["model"][figure] for line in lines}


def test_the_first_figure_decides_which_is_the_best(whole):
    folder, said = whole
    found = figures_of(folder, "labels", "pixel_accuracy")
    best = json.loads((folder / "best.json").read_text())
    step = max(found, key=found.__getitem__)
    assert best["step"] == step == read_header(folder / "best.safetensors")["step"]
    assert (best["metric"], best["figure"]) == ("labels", "pixel_accuracy")
    assert best["value"] == found[step]
    assert best["interval"][0] <= best["value"] <= best["interval"][1]
    on = "3 validation samples of x and y"
    assert f"best by labels, pixel accuracy on {on}: step {step}" in said


@pytest.mark.parametrize("name", ["model", "best"])
def test_a_model_file_gives_the_figures_again(whole, name):
    """So metrics are of the weights that are kept: averages, here."""
    folder, _ = whole
    found = evaluate(folder / f"{name}.safetensors", tell=say_nothing)
    tested = [line for line in lines_of(folder) if line["split"] == "test"]
    line = next(line for line in tested if line["step"] == found.origin.step)
    assert found.origin.averaged
    for metric, rows in line["scores"].items():
        assert found.scores[metric]["model"] == pytest.approx(rows["model"], rel=1e-5)


def test_training_is_not_disturbed(whole, built, tmp_path):
    folder, _ = whole
    train(built(metrics={}), tmp_path / "run", console=quiet())
    for name in ("model.safetensors", "checkpoints/step-00000007/state.safetensors"):
        one, other = (load_file(place / name) for place in (folder, tmp_path / "run"))
        assert all(one[key].equal(other[key]) for key in one)
    assert not (tmp_path / "run" / "evaluations.jsonl").exists()
    assert not (tmp_path / "run" / "best.json").exists()


def test_batch_norm_dropout_and_chance_stay(recipes, tmp_path):
    """pix2pix keeps dropout on at test, and its networks have running statistics."""
    change = {
        "networks.G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5},
        "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1,
                       "norm": "batch"},
        "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
        "train.device": "cpu", "train.length": "3 steps", "samples.count": 1,
    }  # fmt: skip
    found = []
    for name, metrics in (("a", {}), ("b", {"labels": {**LABELS, "every": "1 step"}})):
        experiment = build_recipe(recipes / "pix2pix.toml", {**change, "metrics": metrics})
        train(experiment, tmp_path / name, console=quiet())
        state = tmp_path / name / "checkpoints" / "step-00000003" / "state.safetensors"
        found.append((load_file(state), torch.rand(())))
    assert all(found[0][0][key].equal(found[1][0][key]) for key in found[0][0])
    assert found[0][1].equal(found[1][1])


def same(one, other):
    for name in ("evaluations.jsonl", "metrics.json", "cases.json", "best.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    first, second = (load_file(place / "best.safetensors") for place in (one, other))
    assert all(first[key].equal(second[key]) for key in first)


def test_a_resumed_run_has_the_same_evaluations_and_the_same_best(
    whole, built, tmp_path, monkeypatch
):
    """Stopped after step 5; what came after the checkpoint of step 4 is as if it had not been."""

    def stop(self, training):
        if training.step == 5:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(LogWriter, "on_step", stop)
    out = tmp_path / "run"
    train(built(), out, console=quiet())
    monkeypatch.undo()
    killed = tmp_path / "killed"
    shutil.copytree(out, killed)
    assert train(built(), out, resume=True, console=quiet()).finished
    same(whole[0], out)
    # As if killed later, when a better one had been found.
    shutil.rmtree(killed / "checkpoints" / "step-00000005")
    with (killed / "evaluations.jsonl").open("a") as file:
        file.write(json.dumps({"step": 6, "scores": {"cycle": {}}, "intervals": {}}) + "\n")
    better = {"step": 6, "metric": "labels", "figure": "pixel_accuracy", "value": 1}
    (killed / "best.json").write_text(json.dumps(better))
    (killed / "best.safetensors").write_bytes(b"")
    assert train(built(), killed, resume=True, console=quiet()).finished
    same(whole[0], killed)


def test_a_longer_run_goes_on_with_the_best(whole, built, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(whole[0], out)
    before = json.loads((out / "best.json").read_text())
    train(built(train__length="8 steps"), out, resume=True, console=quiet())
    chosen = [line["step"] for line in lines_of(out) if line["split"] == "validation"]
    assert chosen == [2, 3, 4, 6, 7, 8]
    assert json.loads((out / "best.json").read_text())["value"] >= before["value"]


def test_another_figure_may_decide_and_the_smaller_error_is_better(built, tmp_path):
    train(
        built(checkpoints__best="cycle.cycle_error", train__length="4 steps"),
        tmp_path / "run",
        console=quiet(),
    )
    best = json.loads((tmp_path / "run" / "best.json").read_text())
    found = figures_of(tmp_path / "run", "cycle", "cycle_error")
    assert (best["metric"], best["figure"]) == ("cycle", "cycle_error")
    assert best["value"] == min(found.values()) == found[best["step"]]
    assert len(set(found.values())) > 1


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"checkpoints.best": "labls.iou"}, "checkpoints.best", "Did you mean 'labels'?"),
        ({"checkpoints.best": "labels"}, "checkpoints.best", "name a score"),
        ({"checkpoints.best": "quality.psnr"}, "checkpoints.best", "give it every"),
        ({"metrics.later.every": "2 steps"}, "metrics.later", "leave out when"),
        ({"metrics.cycle.every": "2"}, "metrics.cycle.every", "a duration is a number"),
    ],
)
def test_faults(recipes, settings, change, path, message):
    with pytest.raises(RecipeError) as caught:
        build_recipe(recipes / "cyclegan.toml", {**settings(), **change})
    assert [(fault.path, message in fault.message) for fault in caught.value.faults] == [
        (path, True)
    ]


def test_a_figure_that_is_not_there_is_told_before_training(built, tmp_path):
    with pytest.raises(RecipeError, match=r"no score 'iou'\. Use 'pixel_accuracy'"):
        train(built(checkpoints__best="labels.iou"), tmp_path / "run", console=quiet())
    assert not (tmp_path / "run").exists()


def test_a_recipe_whose_deciding_metric_is_left_out_reads_back(recipes, settings, tmp_path):
    data = {"type": "folders", "root": str(tmp_path), "size": 16}
    experiment = build_recipe(
        recipes / "cyclegan.toml", settings(data=data, checkpoints__best="labels.class_iou")
    )
    (tmp_path / "filled.toml").write_text(experiment.recipe.to_toml())
    again = build_recipe(tmp_path / "filled.toml")
    assert list(again.blueprint.metrics) == ["cycle"]
    assert again.recipe.checkpoints.best == ""


class Party:
    """Two processes as threads: `reduce` waits for both."""

    def __init__(self):
        self.barrier, self.sums = threading.Barrier(2), []

    def accelerator(self, main):
        party = self

        class Fake:
            num_processes, is_main_process, device = 2, main, "cpu"

            def reduce(self, told, how):
                assert how == "sum"
                party.sums.append(told)
                party.barrier.wait(10)
                total = sum(party.sums[-2:])
                party.barrier.wait(10)
                return total

        return Fake()


def test_the_others_wait_and_are_told(monkeypatch):
    """Each of three ticks is a sign of life; only the main process works."""
    monkeypatch.setattr(together, "SECONDS", -1.0)
    party, worked = Party(), []

    def work(tick):
        for _ in range(3):
            tick()
        worked.append(threading.current_thread().name)

    other = threading.Thread(target=together.together, args=(party.accelerator(False), work))
    other.start()
    together.together(party.accelerator(True), work)
    other.join(10)
    assert not other.is_alive()
    assert worked == [threading.current_thread().name]
    assert len(party.sums) == 2 * (3 + 1)


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_shows_tables_in_80_columns(whole):
    folder, _ = whole
    result = command("evaluate", folder)
    assert result.exit_code == 0, result.output
    first, *rest, last = result.output.splitlines()
    assert last.startswith("few are held out (3 validation samples of x and y, 7 test samples")
    assert first == (
        f"{folder / 'model.safetensors'}: weights of step 7 (averages), on 7 test samples of x "
        "and y, 'streets'"
    )
    assert max(map(len, rest)) <= 80
    assert "cycle, 7 test samples of x [95 % interval]" in result.output
    assert "later" not in result.output
    value = json.loads((folder / "metrics.json").read_text())["cycle"]["model"]["cycle_error"]
    assert f"{value:.3f} [" in result.output
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_json_other_metrics_and_the_best(whole, tmp_path):
    folder, _ = whole
    out = tmp_path / "found.json"
    result = command("evaluate", folder, "--best", "--metric", "later", "--json", "--out", out)
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told == json.loads(out.read_text())
    assert list(told["scores"]) == list(told["intervals"]) == ["later"]
    assert told["samples"] == TEST
    assert (told["counts"], told["trained_on"]) == ({"x": TEST, "y": TEST}, [])
    assert (told["split"], told["observed"]) == (
        "test",
        {"later": {"test": {"x": TEST, "y": TEST}}},
    )
    assert told["step"] == json.loads((folder / "best.json").read_text())["step"]
    assert told["data"]["type"] == "streets"
    everything = evaluate(folder, everything=True, tell=say_nothing).scores
    assert sorted(everything) == ["cycle", "labels", "later", "quality"]
    again = command("evaluate", folder, "--out", out)
    assert again.exit_code == 2
    assert "already exists" in again.output


def test_other_data(whole, tmp_path):
    folder, _ = whole
    for place, side in enumerate(("trainA", "trainB", "testA", "testB")):
        (tmp_path / side).mkdir()
        for number in range(2):
            pixels = np.random.default_rng([place, number]).integers(
                0, 256, (16, 16, 3), dtype=np.uint8
            )
            Image.fromarray(pixels).save(tmp_path / side / f"{number}.png")
    data = f'data={{ type = "paired_folders", root = "{tmp_path}", size = 16 }}'
    whole_set = {"metrics": ["quality"], "split": "all", "tell": say_nothing}
    found = evaluate(folder, overrides=[data], **whole_set)
    assert found.samples == 2
    assert f"'paired_folders' in {tmp_path}" in found.headline
    assert found.scores["quality"]["the target of another sample"]
    unpaired, told = data.replace("paired_folders", "folders"), []
    found = evaluate(folder, overrides=[unpaired], tell=told.append)
    assert list(found.scores) == ["cycle"]
    assert [line.split(":")[1] for line in told] == [
        " metrics.labels is left out",
        " metrics.quality is left out",
    ]
    by_folder = evaluate(
        folder, data=tmp_path, overrides=["data.type=paired_folders", "data.size=16"],
        metrics=["quality"], tell=say_nothing,
    )  # fmt: skip
    assert by_folder.samples == 1, "the other one is validation"
    for side in ("A", "B"):  # what lies there decides; test images alone are enough
        shutil.rmtree(tmp_path / f"train{side}")
    told = []
    chosen = evaluate(folder, data=tmp_path, tell=told.append)
    assert (chosen.data["type"], chosen.samples, chosen.trained_on) == ("folders", 1, [])
    assert list(chosen.scores) == ["cycle"]
    assert "left out of the recipe: metrics.labels, metrics.quality" in told[0]


@pytest.mark.case("A9", "A11")
def test_what_reading_the_test_images_leaves_out_is_told(whole, tmp_path):
    """As at the start of a run; training images, which are not measured on, are not looked at."""
    for place, side in enumerate(("trainA", "trainB", "testA", "testB")):
        (tmp_path / side).mkdir()
        for number in range(3):
            pixels = np.random.default_rng([place, number]).integers(
                0, 4096, (16, 16), dtype=np.uint16
            )
            pixels[0, :2] = 0, 4095
            picture = Image.fromarray(pixels if side == "testA" else (pixels >> 4).astype(np.uint8))
            pages = [picture] if side == "testB" and number else []
            picture.save(tmp_path / side / f"{number}.tif", save_all=True, append_images=pages)
    told = []
    settings = ["data.type=folders", "data.size=16"]
    evaluate(whole[0], data=tmp_path, overrides=settings, metrics=["cycle"], tell=told.append)
    assert told == [
        f"note: {tmp_path / 'testB' / '1.tif'} and 1 more images have more than one page or frame: "
        "the first is read, 2 are left out; data.pages = 'each', 'channels' or 'depth' reads them",
        "note: x: values of 3 sampled images lie in 0 ... 4095 and use 6.2% of 0 ... 65535, so all "
        "images look nearly alike",
    ]


def test_mistakes_are_one_sentence(whole, tmp_path):
    folder, _ = whole
    with pytest.raises(GanzooError, match=r"no metric 'cycl'\. Did you mean 'cycle'"):
        evaluate(folder, metrics=["cycl"], tell=say_nothing)
    with pytest.raises(DataError, match=r"learns from two folders of images.* This folder holds"):
        evaluate(folder, data=tmp_path, tell=say_nothing)
    with pytest.raises(DataError, match="it does not exist"):
        evaluate(folder, data=tmp_path / "none", tell=say_nothing)
    with pytest.raises(ModelError, match="this folder holds no model"):
        evaluate(tmp_path, tell=say_nothing)
    with pytest.raises(ModelError, match="names no metrics; add one"):
        evaluate(folder, overrides=["metrics={}"], tell=say_nothing)
    critic = ['metrics.critic={ type = "cycle_error", prediction = "D_X(x)", target = "D_X(x)" }']
    with pytest.raises(ModelError, match="the model file does not hold D_X"):
        evaluate(folder, overrides=critic, metrics=["critic"], tell=say_nothing)
    odd = ['metrics.odd={ type = "cycle_error", prediction = "G(x)", target = "x" }']
    odd += ["networks.G.out_channels=1"]
    with pytest.raises(ModelError):
        evaluate(folder, overrides=odd, metrics=["odd"], tell=say_nothing)
    for words in (["evaluate", tmp_path], ["evaluate", folder, "--metric", "cycl"]):
        result = command(*words)
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def test_the_best_model_translates(whole, tmp_path):
    folder, _ = whole
    Image.new("RGB", (16, 16)).save(tmp_path / "x.png")
    result = command("translate", folder, tmp_path / "x.png", tmp_path / "y.png", "--best")
    assert result.exit_code == 0, result.output
    assert list(load_model(folder / "best.safetensors").outputs) == ["x2y", "y2x"]
    with pytest.raises(ModelError, match=r"name its best\.safetensors instead"):
        best_model(folder / "model.safetensors")
    with pytest.raises(ModelError, match="keeps no best model"):
        best_model(tmp_path)


ROWS = {
    "model": {"pixel_accuracy": 0.6, "class_accuracy": 0.4, "class_iou": 0.3},
    "copy the input": {"pixel_accuracy": 0.2, "class_accuracy": 0.1, "class_iou": 0.0},
}
ENDS = {
    row: {name: (v - 0.02, v + 0.02) for name, v in found.items()} for row, found in ROWS.items()
}


@pytest.mark.parametrize("width", [80, 120])
def test_intervals_are_whole_at_any_width(width):
    console = Console(file=io.StringIO(), width=width)
    best = {"scores": {"labels": ROWS}, "intervals": {"labels": ENDS}}
    others = [("best, step 40", best)]
    print_scores({"labels": ROWS}, {}, console, {"labels": ENDS}, others)
    shown = console.file.getvalue()
    assert shown.count("[0.580, 0.620]") == 2
    assert ("0.600 [0.580, 0.620]" in shown) == (width == 120)
    assert "best, step 40" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_long_names_and_counts_leave_intervals_whole():
    names = ("precision_efficientnet_lite0", "recall_efficientnet_lite0")
    rows = {"real, other half": {**dict.fromkeys(names, 0.5), "images": 6, "neighbours": 3}}
    ends = {"real, other half": dict.fromkeys(names, (0.25, 0.75))}
    console = Console(file=io.StringIO(), width=80)
    print_scores({"pr": rows}, {}, console, {"pr": ends})
    assert console.file.getvalue().count("[0.250, 0.750]") == 2
