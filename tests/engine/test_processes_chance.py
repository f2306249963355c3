"""Two processes differ from one by their chance alone, where a penalty differentiates twice too."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PINNED = """
import os, sys
from pathlib import Path
import torch
from ganzoo import build_recipe
from ganzoo.components.losses import penalties
from ganzoo.engine import step
from ganzoo.training.train import train

WHOLE = 4  # samples a step, of all processes
rank = int(os.environ.get("RANK", 0))


def share_of(rows, count):
    return rows[rank * count : (rank + 1) * count]


class Game(step.Game):
    def _draw_latents(self, purpose, sample):
        count = len(next(iter(sample.values())))
        chance = step.torch_generator(0, *purpose)
        shapes = {name: shape for name, (_, shape) in self.latents.items()}
        draws = {n: torch.randn(WHOLE, *shape, generator=chance) for n, shape in shapes.items()}
        return {name: share_of(draw, count).double() for name, draw in draws.items()}


class Torch:
    def __getattr__(self, name):
        return getattr(torch, name)

    def rand(self, count, **given):
        return share_of(torch.rand(WHOLE, generator=torch.Generator().manual_seed(1)), count)


experiment = build_recipe("wgan_gp", {
    "data": {"type": "streets", "size": 32, "count": 16, "held_out": 3},
    "networks.G": {"type": "dcgan", "in_channels": 8, "size": 32, "width": 4, "norm": "none"},
    "networks.D": {"type": "dcgan", "size": 32, "width": 4, "norm": "layer"},
    "latents.z": {"type": "normal", "size": 8},
    "train.batch_size": int(sys.argv[2]), "train.precision": "float64", "train.device": "cpu",
    "train.length": "8 steps", "train.log_every": "1 step", "samples.count": 1, "metrics": {},
})
from ganzoo.engine import trainer
trainer.Game, penalties.torch = Game, Torch()
train(experiment, Path(sys.argv[1]))
"""
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node", "2")


@pytest.mark.case("B9")
def test_a_gradient_penalty_is_the_same_in_two_processes(tmp_path):
    """Given the same latents and mixing shares: what each has of its own otherwise."""
    script = tmp_path / "pinned.py"
    script.write_text(PINNED)
    for name, launcher, batch in (("one", (), "4"), ("two", TORCHRUN, "2")):
        words = [sys.executable, *launcher, script, tmp_path / name, batch]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("one", "two")]
    one, two = ([json.loads(line)["losses"] for line in log] for log in logs)
    assert len(one) == 8
    assert {"adversarial", "adversarial.gradient"} == one[0]["discriminators"].keys()
    assert "generators" in one[4]
    for first, second in zip(one, two, strict=True):
        for player, terms in first.items():
            assert terms == pytest.approx(second[player], rel=1e-12, abs=1e-12)
