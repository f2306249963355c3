"""Whatever a component remembers is in the checkpoint, and no author does anything for it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections import OrderedDict, deque
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from rich.console import Console
from safetensors.torch import load_file
from torch import nn

from ganzoo import build_recipe, load_recipe, testing
from ganzoo.engine import state
from ganzoo.engine.checkpoint import read_tensors, write_tensors
from ganzoo.engine.memory import Memory, Remembered
from ganzoo.engine.values import decode, encode
from ganzoo.registry.discovery import installed
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.alarms.batches import BatchComparison
from ganzoo.training.train import train

pytestmark = pytest.mark.case("B2")

SHORT = {
    "train.length": "3 steps",
    "train.log_every": "1 steps",
    "samples.count": 1,
    "samples.every": "3 steps",
    "metrics": {},
}
AGAINST = {"real": "D_Y(y)", "fake": "D_Y(G(x))"}
OTHER = {"real": "D_X(x)", "fake": "D_X(F(y))"}
CYCLE = {"prediction": "F(G(x))", "target": "x"}
LATENT = {
    "losses.adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(z))"},
    "losses.cycle_X.weight": 0,
}
REMEMBERING = {
    "BEGAN's k": {"losses.adversarial_Y": {"type": "mine.began", **AGAINST}},
    "attributes of a loss": {"losses.adversarial_X": {"type": "mine.numbered", **OTHER}},
    "a path length": {"losses.cycle_X": {"type": "mine.pathlength", **CYCLE}},
    "MoCo's queue": {"losses.identity_X": {"type": "mine.queue", **CYCLE}},
    "a penalty": {"losses.adversarial_Y.penalties": [{"type": "mine.running"}]},
    "a generator": {"networks.G": {"type": "mine.remembering"}},
    "a critic": {"networks.D_Y": {"type": "mine.judging"}},
    "a latent's attributes": {"latents.z": {"type": "mine.counting"}, **LATENT},
    "a latent that is a module": {"latents.z": {"type": "mine.moving"}, **LATENT},
    "a latent that holds some": {"latents.z": {"type": "mine.holding"}, **LATENT},
    "a schedule": {"schedule": {"type": "mine.plateau"}},
    "a weight's schedule": {"losses.cycle_X.weight": {"type": "mine.plateau", "value": 9.0}},
    "an optimizer's groups": {"optimizers.default": {"type": "mine.grouped"}},
}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    registry = installed().registry
    monkeypatch.setattr(registry, "components", dict(registry.components))
    import remembering

    remembering.register()


def quiet():
    return Console(file=io.StringIO())


def run(out, settings, until=None, resume=False):
    experiment = build_recipe("cyclegan", settings, start=not resume)
    train(experiment, out, resume=resume, console=quiet(), until=until)
    return experiment


def log_of(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line["losses"] for line in lines]


def end_of(out):
    """Everything that the last checkpoint holds."""
    [*_, (_, last)] = list_checkpoints(out / "checkpoints")
    return {
        f"{file.name}/{name}": tensor
        for file in sorted(last.glob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


def same(one, other):
    assert log_of(one) == log_of(other)
    first, second = end_of(one), end_of(other)
    assert first.keys() == second.keys()
    odd = [name for name in first if not torch.equal(first[name], second[name])]
    assert not odd


def forget(patch):
    """As ganzoo 0.1 did, and the means of networks as well."""
    load, put_in = state._load, Remembered.load

    def lost(name, *given):
        return "" if name.partition("/")[0] in ("loss", "penalty", "latent") else load(name, *given)

    def without_means(self, tensors, shared, what):
        mean = {n: torch.zeros_like(t) if n == "mean" else t for n, t in tensors.items()}
        put_in(self, mean, shared, what)

    patch.setattr(Memory, "restore_own", lambda *given: None)
    patch.setattr(state, "_load", lost)
    patch.setattr(Remembered, "load", without_means)


@pytest.mark.parametrize("change", REMEMBERING.values(), ids=REMEMBERING.keys())
def test_resumed_equals_uninterrupted(tiny, tmp_path, monkeypatch, change):
    """And it does not where the memory is lost, so that this test can fail."""
    settings = {**tiny(), **SHORT, **change}
    whole, parts, lost = (tmp_path / name for name in ("whole", "parts", "lost"))
    run(whole, settings)
    run(parts, settings, until=0)
    shutil.copytree(parts, lost)
    run(parts, settings, resume=True)
    same(whole, parts)
    forget(monkeypatch)
    run(lost, settings, resume=True)
    assert log_of(whole) != log_of(lost)


TWO = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import remembering
remembering.register()
from ganzoo import build_recipe
from ganzoo.training.train import train

recipe, whole, parts = map(Path, sys.argv[2:])
train(build_recipe(recipe), whole)
train(build_recipe(recipe), parts, until=0)
train(build_recipe(recipe, start=False), parts, resume=True)
"""


def test_two_processes(tiny, tmp_path):
    """All at once: each rank's latents, attributes and buffers are its own."""
    change = {
        **{key: value for table in REMEMBERING.values() for key, value in table.items()},
        "losses.adversarial_Y": {
            "type": "mine.began",
            "real": "D_Y(y)",
            "fake": "D_Y(G(z))",
            "penalties": [{"type": "mine.running"}],
        },
        "networks.F": {"type": "mine.remembering"},
    }
    del change["losses.adversarial_Y.penalties"], change["losses.cycle_X.weight"]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(load_recipe("cyclegan", {**tiny(), **SHORT, **change}).to_toml())
    script = tmp_path / "two.py"
    script.write_text(TWO)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", script,
         Path(__file__).parent.parent, recipe, tmp_path / "whole", tmp_path / "parts"],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    same(tmp_path / "whole", tmp_path / "parts")
    held = end_of(tmp_path / "whole")
    first = held["state.safetensors/latent/z::inner/mean"]
    assert not torch.equal(first, held["process-1.safetensors/own/latent/z::inner/mean"])


def test_a_frozen_backbone_is_not_saved_unless_it_changed(tmp_path):
    class Looking(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = nn.Conv2d(3, 4, 3).eval().requires_grad_(False)
            self.register_buffer("mean", torch.zeros(2))

    memory, looking = Memory(torch.device("cpu")), Looking()
    memory.add("loss/a", looking)
    kept = memory.components["loss/a"]
    assert kept.tensors()[0].keys() == {"mean"}
    looking.backbone.bias.data.mul_(2)  # which no version counter would tell
    assert kept.tensors()[0].keys() == {"mean", "backbone.bias"}


def test_a_setting_is_not_remembered(tmp_path):
    """It may change on purpose between a run and its resume."""

    class Slow:
        def __init__(self, hold):
            self.hold, self.asked = hold, 0

    before, after = Slow(0.5), Slow(0.7)
    saved, restored = (Memory(torch.device("cpu")) for _ in range(2))
    saved.add("schedule/", before)
    before.asked = 3
    tensors, attributes = saved.own(is_first=True)
    restored.restore_own(tensors, attributes)
    restored.add("schedule/", after)
    assert (after.hold, after.asked) == (0.7, 3)


def test_a_checkpoint_of_ganzoo_0_1_says_what_it_lacks(tiny, tmp_path):
    """It saved no buffers of losses: these start anew, and it is told."""
    settings = {**tiny(), **SHORT, **REMEMBERING["BEGAN's k"]}
    run(tmp_path / "run", settings, until=0)
    [(_, last)] = list_checkpoints(tmp_path / "run" / "checkpoints")
    file = last / "state.safetensors"
    header, tensors = read_tensors(file)
    header = {key: value for key, value in header.items() if key not in ("format", "whole")}
    del header["shared"]["loss/adversarial_Y"], tensors["loss/adversarial_Y/k"]
    write_tensors(file, tensors, header)
    experiment = build_recipe("cyclegan", settings, start=False)
    notes = state.restore(experiment.trainer(Accelerator(cpu=True)), last)
    assert notes == [
        "loss/adversarial_Y starts anew: ganzoo 0.1, which saved this run, did not save it"
    ]


def test_what_alarms_saw_is_taken_up_when_they_come():
    """They are made after a checkpoint is restored."""
    saved, restored = (Memory(torch.device("cpu")) for _ in range(2))
    before, after = BatchComparison(), BatchComparison()
    saved.add("alarms", before)
    before.add({"x": torch.ones(2, 3)})
    restored.restore_own(*saved.own(is_first=True))
    restored.add("alarms", after)
    after.add({"x": torch.ones(2, 3)})
    assert after.take_unchanged() == ["x"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -0.1,
        "word",
        [1, (2, "x")],
        {1: {"a": [None]}, (1, 2): 3.0},
        {4, 5},
        OrderedDict(b=1, a=2),
        deque([1, 2], maxlen=2),
    ],
)
def test_plain_values_come_back(value):
    tensors = {}
    entry = json.loads(json.dumps(encode(value, "here", tensors)))
    found = decode(entry, tensors, torch.device("cpu"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (testing.check_latent, "mine.drawing"),
        (testing.check_loss, "mine.secretive"),
        (testing.check_loss, "mine.arguing"),
        (testing.check_penalty, "mine.grudging"),
        (testing.check_network, "mine.hiding"),
    ],
)
def test_authors_are_told_of_what_cannot_be_saved(check, name):
    with pytest.raises(AssertionError, match="some of its state is lost when training is resumed"):
        check(name)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (testing.check_latent, "normal"),
        (testing.check_loss, "mine.began"),
        (testing.check_loss, "mine.numbered"),
        (testing.check_loss, "mine.pathlength"),
        (testing.check_penalty, "mine.running"),
    ],
)
def test_authors_of_the_others_need_do_nothing(check, name):
    check(name, **({"size": 4} if name == "normal" else {}))
