"""A run folder in any state is resumed, or told what is wrong with it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil

import pytest
from rich.console import Console
from torch.nn import Conv2d, Sequential

from ganzoo import build_recipe
from ganzoo.errors import RunError
from ganzoo.runs.checkpoint_folders import close_checkpoint, open_checkpoint
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.train import train
from ganzoo.training.warnings import list_warnings

SHORT = {
    "train.length": "7 steps",
    "train.log_every": "2 steps",
    "samples.every": "3 steps",
    "samples.count": 2,
    "checkpoints.every": "4 steps",
}


def run(recipe, overrides, out, resume=False):
    quiet = Console(file=io.StringIO())
    return train(build_recipe(recipe, overrides), out, resume=resume, console=quiet)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_cannot_be_made_shorter_than_it_is(recipes, tiny, tmp_path):
    recipe = recipes / "cyclegan.toml"
    run(recipe, {**tiny(), **SHORT, "train.length": "4 steps"}, tmp_path / "run")
    before = contents(tmp_path / "run")
    shorter = {**tiny(), **SHORT, "train.length": "2 steps"}
    with pytest.raises(RunError, match=r"made 4 steps; train\.length = 2 steps is shorter"):
        run(recipe, shorter, tmp_path / "run", resume=True)
    assert contents(tmp_path / "run") == before


def test_a_run_folder_in_disorder_is_resumed(recipes, tiny, tmp_path):
    recipe, out = recipes / "cyclegan.toml", tmp_path / "run"
    run(recipe, {**tiny(), **SHORT, "train.length": "4 steps"}, out)
    (out / "log.jsonl").unlink()
    (out / "samples" / "step-best.png").write_text("mine")
    (out / "checkpoints" / ".step-00000002.gone").mkdir()
    (out / "checkpoints" / ".step-00000002.gone" / "file").touch()
    (out / "checkpoints" / "step-00000004").rename(out / "checkpoints" / ".step-00000004.old")
    assert run(recipe, {**tiny(), **SHORT}, out, resume=True).finished
    assert [
        record["step"] for record in map(json.loads, (out / "log.jsonl").read_text().splitlines())
    ] == [6, 7]
    assert (out / "samples" / "step-best.png").read_text() == "mine"
    assert not [*(out / "checkpoints").glob(".*")]


def test_the_old_checkpoint_of_a_step_goes_only_after_the_new_one_came(tmp_path, monkeypatch):
    """At every moment one of the two is there, under its name or aside."""
    folder = tmp_path / "checkpoints"
    for content in ("old", "new"):
        (open_checkpoint(folder) / "state").write_text(content)
        if content == "new":
            monkeypatch.setattr(shutil, "rmtree", lambda *a, **k: killed())
        with contextlib.suppress(KeyboardInterrupt):
            close_checkpoint(folder, 4, 1, None)
    assert (list_checkpoints(folder)[0][1] / "state").read_text() == "new"


def killed():
    raise KeyboardInterrupt


def told(experiment, out):
    console = Console(file=io.StringIO(), width=200)
    train(experiment, out, console=console)
    return console.file.getvalue()


def test_without_held_out_samples_metrics_are_skipped_and_it_is_told(recipes, tmp_path):
    tables = {
        "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2, "paired": True},
        "networks.G": {"type": "unet", "width": 4, "layers": 3},
        "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1},
        "train.device": "cpu",
        **SHORT,
        "train.length": "1 step",
    }
    experiment = build_recipe(recipes / "pix2pix.toml", tables)
    assert experiment.blueprint.metrics
    assert "no metrics" not in told(experiment, tmp_path / "some")
    assert (tmp_path / "some" / "metrics.json").exists()
    experiment = build_recipe(recipes / "pix2pix.toml", tables)
    experiment.data.test_count = lambda: 0
    assert "no samples to test on, so no metrics\n" in told(experiment, tmp_path / "none")
    assert not (tmp_path / "none" / "metrics.json").exists()


@pytest.mark.parametrize(
    ("idle", "named"),
    [
        (["0.weight", "0.bias", "1.weight", "1.bias"], "F (4 parameters)"),
        (["0.bias"], "F (1 of 4 parameters)"),
    ],
)
def test_networks_with_parameters_that_no_term_reaches_are_named(tiny, tmp_path, idle, named):
    tables = {
        "networks": {"F": {"type": "resnet", "width": 2, "blocks": 0}},
        "losses": {"distance": {"type": "l1", "prediction": "F(x)", "target": "y"}},
        "outputs": {"x2y": "F(x)"},
        "data": {**tiny()["data"], "paired": True},
        "optimizers": {"default": {"type": "sgd", "lr": 0.1}},
        "train": {"length": "1 step", "device": "cpu"},
    }
    experiment = build_recipe(tables)
    assert "no term reaches" not in told(experiment, tmp_path / "all")
    experiment.players[0].networks["F"] = Sequential(Conv2d(3, 3, 1), Conv2d(3, 3, 1))
    experiment.trial.idle["generators"] = [f"networks.F.{name}" for name in idle]
    [note] = [note for note in list_warnings(experiment, experiment.data) if "no term" in note]
    assert note == f"no term reaches {named}: frozen"
