"""Stopped and resumed equals uninterrupted under every rule of play, bit for bit."""

from __future__ import annotations

import io

import pytest
from accelerate.state import AcceleratorState
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

SHORT = {
    "train.length": "6 steps",
    "train.log_every": "4 steps",
    "samples.every": "6 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y.buffer.size": 3,
    "losses.adversarial_X.buffer.size": 3,
}
RULES = {
    "accumulation and clipping": {"train.accumulate": 2, "optimizers.default.clip_norm": 0.1},
    "averages": {"ema.decay": 0.9},
    "turns and fresh batches": {"players.generators": {"every": 2, "fresh": True}},
    "fresh critics": {"players.discriminators": {"fresh": True}},
    "an optimizer for a network": {"optimizers.D_X": {"type": "sgd", "lr": 0.01, "momentum": 0.9}},
    "weights that move": {
        "losses.cycle_X.weight": {"type": "cosine", "value": 10, "warmup": "3 steps"},
        "schedule": {"type": "step", "at": [0.5], "warmup": "2 steps"},
    },
    "a penalty with chance": {"losses.adversarial_Y.penalties": [{"type": "gradient"}]},
    "augmentations": {
        "augmentations.turn": {"type": "rot90"},
        "augmentations.grain": {"type": "noise", "variables": ["x"], "probability": 0.5},
    },
    "bf16": {"train.precision": "bf16"},
}


def run(recipe, overrides, out, resume=False):
    console = Console(file=io.StringIO())
    experiment = build_recipe(recipe, overrides, start=not resume)
    return train(experiment, out, resume=resume, console=console)


def equal(one, other):
    files = [sorted(p.relative_to(out) for p in out.rglob("*.safetensors")) for out in (one, other)]
    assert files[0] == files[1]
    for file in files[0]:
        first, second = (load_file(out / file) for out in (one, other))
        assert first.keys() == second.keys()
        assert all(first[key].equal(second[key]) for key in first), file


@pytest.fixture(autouse=True)
def another_precision():
    """Accelerate keeps a process's first precision; a run has a process of its own."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
def test_stopped_after_three_of_six_steps(recipes, tiny, tmp_path, rules, monkeypatch):
    overrides = {**tiny(), **SHORT, **rules}
    recipe = recipes / "cyclegan.toml"
    assert run(recipe, overrides, tmp_path / "whole").finished

    def stop_at_three(self, training):
        self.session.trainer.stop = training.step == 3

    monkeypatch.setattr(LogWriter, "on_step", stop_at_three)
    assert run(recipe, overrides, tmp_path / "parts").step == 3
    monkeypatch.undo()
    assert run(recipe, overrides, tmp_path / "parts", resume=True).finished
    for out in (tmp_path / "whole", tmp_path / "parts"):
        for step, path in list_checkpoints(out / "checkpoints"):
            if step == 3:
                for file in path.iterdir():
                    file.unlink()
    equal(tmp_path / "whole", tmp_path / "parts")
    logs = [(tmp_path / out / "log.jsonl").read_text().splitlines() for out in ("whole", "parts")]
    cut = [[line.partition('"time"')[0] for line in log] for log in logs]
    assert cut[0] == cut[1]
    picture = "samples/step-00000006.png"
    one, other = ((tmp_path / out / picture).read_bytes() for out in ("whole", "parts"))
    assert one == other
