"""Alarms in tiny trainings: each planted fault is told, a sound training is left alone."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.engine.device import make_accelerator
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.alarms.detectors import LogReader
from ganzoo.training.alarms.raising import Alarms, watch_training
from ganzoo.training.alarms.ranges import measure_loss_ranges
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.session import Session
from ganzoo.training.train import train

GAME = {
    "networks": {
        "G": {"type": "resnet", "width": 8, "blocks": 1, "kernel": 3},
        "D": {"type": "patchgan", "width": 8, "layers": 1},
    },
    "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
    "outputs": {"x2y": "G(x)"},
    "data": {"type": "streets", "size": 16, "count": 40, "held_out": 4},
    "optimizers": {"default": {"type": "adam", "lr": 1e-3, "betas": [0.5, 0.99]}},
    "train": {"length": "60 steps", "log_every": "5 steps", "device": "cpu"},
    "alarms": {"patience": "20 steps"},
}


def alarms_of(out):
    file = out / "alarms.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def play(out, plant=lambda experiment: None, change=None):
    """A training with a fault planted in it, without pictures: what was said, what was written."""
    experiment = build_recipe({**GAME, **(change or {})})
    plant(experiment)
    trainer = experiment.trainer(make_accelerator())
    session, said = Session(experiment, trainer, RunFolder(out)), []
    session.folder.create(experiment.recipe)
    session.print_line = lambda text, style: said.append(text)
    before, after = watch_training(session)
    trainer.run([*before, LogWriter(session), *after])
    assert trainer.done == trainer.timetable.steps
    return "\n".join(said), alarms_of(out)


def sampled(change):
    """Plant a change of training samples: `change(sample, number)`, counted from 0."""

    def plant(experiment):
        original, count = experiment.data.train_sample, iter(range(10**6))
        experiment.data.train_sample = lambda index, rng: change(original(index, rng), next(count))

    return plant


def made(change):
    """Plant a change of what G paints."""

    def plant(experiment):
        experiment.networks["G"].register_forward_hook(lambda module, given, out: change(out))

    return plant


def test_a_sound_training_is_left_alone(tmp_path):
    said, alarms = play(tmp_path / "run")
    assert alarms == []
    assert "alarm" not in said
    seen = [json.loads(line)["seen"] for line in (tmp_path / "run" / "log.jsonl").open()]
    assert all(entry["unchanged"] == [] for entry in seen)
    looked = [number for number, entry in enumerate(seen) if "outputs" in entry]
    assert looked == [3, 7, 11], "every 20 steps, of a line every 5"
    assert seen[3]["outputs"]["G(x)"]["spread"]["x"] > 0.1


OWN_MEMORY = "attribute/alarms/"  # what a resumed run's alarms go on from


@pytest.mark.parametrize(
    ("name", "plant", "change", "told"),
    [
        (
            "non_finite",
            sampled(lambda s, n: {**s, "x": s["x"] * (float("nan") if n == 27 else 1)}),
            {},
            "3 steps up to step 30 had losses that are not finite (generators/adversarial, discr",
        ),
        (
            "discriminator_won",
            made(lambda o: o + 3),  # G's answer is anywhere but where images are
            {
                "optimizers": {"default": {"type": "adam", "lr": 1e-2}},
                "losses": {"adversarial": {**GAME["losses"]["adversarial"], "type": "vanilla"}},
            },
            "D is hardly ever wrong in 'adversarial'",
        ),
        ("inputs_ignored", made(lambda o: o * 1e-4 + 0.3), {}, "G(x) hardly depends on x any more"),
        (
            "outputs_frozen",
            lambda experiment: None,
            {"optimizers": {**GAME["optimizers"], "G": {"type": "sgd", "lr": 0.0}}},
            "G(x) of 4 images is, bit for bit, what it was at step 20: G does not learn",
        ),
        (
            "input_unchanged",
            sampled(lambda s, n: {**s, "x": torch.ones_like(s["x"])}),
            {},
            "x was the same in every step since step 0, value for value",
        ),
    ],
)
def test_planted_faults_are_told(tmp_path, name, plant, change, told):
    said, alarms = play(tmp_path / "run", plant, change)
    [entry] = [entry for entry in alarms if entry["alarm"] == name]
    assert set(entry) == {"step", "alarm", "message", "advice"}
    assert told in entry["message"]
    assert f"alarm {name}: {entry['message']}. {entry['advice']}." in said
    assert said.count(f"alarm {name}:") == 1


def inverted(experiment):
    """x and y are one image; what G is to paint in training is its negative."""
    test = experiment.data.test_sample
    sampled(lambda s, n: {"x": s["x"], "y": -s["x"]})(experiment)
    experiment.data.test_sample = lambda index: {"x": test(index)["x"], "y": test(index)["x"]}


def test_an_inverted_target_is_told(tmp_path):
    losses = {"distance": {"type": "l1", "prediction": "G(x)", "target": "y"}}
    optimizers = {"default": {"type": "adam", "lr": 1e-2}}
    change = {"losses": losses, "optimizers": optimizers, "networks": {"G": GAME["networks"]["G"]}}
    _, alarms = play(tmp_path / "run", inverted, change)
    assert [entry["alarm"] for entry in alarms] == ["inverted_colours"]
    assert "the negative of G(x) is nearer to the image that was wanted" in alarms[0]["message"]


def test_one_training_image_is_told_before_the_first_step_and_once(tmp_path):
    change = {
        "data": {**GAME["data"], "count": 1},
        "train": {**GAME["train"], "length": "30 steps"},
    }
    said, alarms = play(tmp_path / "run", change=change)
    assert [(entry["alarm"], entry["step"]) for entry in alarms] == [("input_unchanged", 0)]
    assert said.count("there is one training image") == 1
    change["alarms"] = {"ignore": ["input_unchanged"]}
    change["train"]["length"] = "2 steps"
    assert play(tmp_path / "meant", change=change)[1] == []


def test_latents_that_never_change_are_told(tmp_path):
    def plant(experiment):
        experiment.blueprint.latent_samplers["z"].draw = lambda shape, rng: torch.zeros(shape)

    networks = {**GAME["networks"], "G": {**GAME["networks"]["G"], "in_channels": 2}}
    change = {
        "networks": networks,
        "latents": {"z": {"type": "normal", "like": "y", "channels": 2}},
        "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(z))"}},
        "outputs": {"draw": "G(z)"},
        "train": {**GAME["train"], "length": "2 steps"},
    }
    _, alarms = play(tmp_path / "run", plant, change)
    assert "all draws of the latent z are the same" in alarms[0]["message"]
    assert play(tmp_path / "sound", change=change)[1] == []


STILL = {
    "optimizers": {**GAME["optimizers"], "G": {"type": "sgd", "lr": 0.0}},
    "alarms": {**GAME["alarms"], "ignore": ["discriminator_won"]},  # which is next
}


def test_stop_saves_and_a_resume_goes_on(tmp_path):
    out, quiet = tmp_path / "run", {"console": Console(file=io.StringIO())}
    tables = {**GAME, **STILL, "alarms": {**STILL["alarms"], "action": "stop"}}
    outcome = train(build_recipe(tables), out, **quiet)
    assert (outcome.finished, outcome.step, outcome.alarm) == (False, 40, "outputs_frozen")
    assert list_checkpoints(out / "checkpoints")[-1][0] == 40
    record = json.loads((out / "run.json").read_text())
    assert (record["state"], record["starts"][-1]["reason"]) == ("stopped", "alarm outputs_frozen")
    told = alarms_of(out)
    with (out / "alarms.jsonl").open("a") as file:
        file.write(json.dumps({**told[0], "step": 41}) + "\n")  # beyond the checkpoint
    assert train(build_recipe(tables), out, resume=True, **quiet).finished
    assert alarms_of(out) == told, "what was told is not told again, what is taken back goes"


def test_what_a_log_holds_is_not_told_again_and_what_follows_is(tmp_path):
    """A run that goes on knows what was seen before it, from the log alone."""
    _, whole = play(tmp_path / "run", change=STILL)
    folder = RunFolder(tmp_path / "run")
    records = list(folder.entries())
    experiment = build_recipe({**GAME, **STILL})
    trainer = SimpleNamespace(data=range(9), done=20)
    for kept, expected in ((4, [whole[0]["step"]]), (8, [])):
        folder.log.write_text("".join(json.dumps(r) + "\n" for r in records[:kept]))
        folder.alarms.write_text("")
        session = Session(experiment, trainer, folder, print_line=lambda text, style: None)
        alarms = Alarms(session, LogReader(measure_loss_ranges(experiment.players)), 20)
        alarms.on_start(SimpleNamespace(step=20))
        for record in records[kept:]:
            alarms.on_log(None, record)
        assert [entry["step"] for entry in alarms_of(tmp_path / "run")] == expected


PAIRED = {
    "networks.G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5, "norm": "batch"},
    "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1, "norm": "batch"},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
    "train.device": "cpu",
    "train.log_every": "2 steps",
    "train.length": "9 steps",
    "metrics": {},
}


@pytest.mark.parametrize("recipe", ["pix2pix", "cyclegan"])
def test_probes_leave_no_trace(recipes, tiny, tmp_path, recipe):
    """With dropout, batch norm and histories: weights and statistics are the same, to a bit."""
    length = {"train.length": "9 steps", "train.log_every": "2 steps", "metrics": {}}
    overrides = PAIRED if recipe == "pix2pix" else {**tiny(), **length}
    for action in ("warn", "off"):
        table = {"alarms.action": action, "alarms.patience": "2 steps"}
        experiment = build_recipe(recipes / f"{recipe}.toml", {**overrides, **table})
        train(experiment, tmp_path / action, console=Console(file=io.StringIO()))
    last = [
        list_checkpoints(tmp_path / action / "checkpoints")[-1][1] for action in ("warn", "off")
    ]
    for file in ("state.safetensors", "process-0.safetensors"):
        first, second = (load_file(path / file) for path in last)
        first = {key: value for key, value in first.items() if not key.startswith(OWN_MEMORY)}
        assert all(first[key].equal(second[key]) for key in first)
    log = [(tmp_path / action / "log.jsonl").read_text() for action in ("warn", "off")]
    lines = [[json.loads(line)["losses"] for line in text.splitlines()] for text in log]
    assert lines[0] == lines[1]
    assert log[0].count('"outputs"') == 4
    assert '"seen"' not in log[1], "off looks at nothing"


def command(out, length="40 steps"):
    """The command line for a generator that cannot move."""
    tables = {**STILL, "alarms": {**STILL["alarms"], "patience": "4 steps", "action": "stop"}}
    train_ = {"length": length, "log_every": "2 steps", "device": "cpu"}
    recipe = out.parent / "still.toml"
    recipe.write_text(build_recipe({**GAME, **tables, "train": train_}).recipe.to_toml())
    return ["run", str(recipe), "--out", str(out)]


def test_the_command_ends_with_code_3(tmp_path):
    result = CliRunner().invoke(app, command(tmp_path / "run"))
    assert result.exit_code == 3, result.output
    words = " ".join(result.output.split())
    assert "Stopped by the alarm outputs_frozen after step 8; everything is saved" in words
    assert f"ganzoo resume {tmp_path / 'run'}" in words


def test_all_processes_stop_at_one_step(tmp_path):
    """Only the first one looks; the others hear of it when all ask each other."""
    asked = [*command(tmp_path / "run", "400 steps"), "--processes", "2"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 3, result.output
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (record["state"], record["starts"][-1]["reason"]) == ("stopped", "alarm outputs_frozen")
    assert 8 <= record["step"] < 400
    saved = list_checkpoints(tmp_path / "run" / "checkpoints")[-1]
    assert saved[0] == record["step"]
    assert len([*saved[1].glob("process-*.safetensors")]) == 2
