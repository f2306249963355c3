"""Several processes under the rules of play: micro-batches, clipping, averages, turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from ganzoo import load_recipe

RULES = {
    "train.precision": "float64",
    "train.length": "3 steps",
    "train.log_every": "1 step",
    "samples.every": "3 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y": {
        "type": "wasserstein", "real": "D_Y(y)", "fake": "D_Y(G(x))",
        "penalties": [{"type": "r1", "weight": 5}],
    },
    "losses.adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
    "optimizers.default.clip_norm": 0.5,
    "optimizers.D_X": {"type": "sgd", "lr": 0.01},
    "players.generators": {"every": 2},
    "ema.decay": 0.5,
}  # fmt: skip


def run(recipe, out, processes, *words):
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(launcher if processes > 1 else [])]
    done = subprocess.run(
        [*command, "-m", "ganzoo", "run", str(recipe), "--out", str(out), *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_two_processes_of_two_micro_batches_equal_one_batch_of_four(recipes, tiny, tmp_path):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(load_recipe(recipes / "cyclegan.toml", {**tiny(), **RULES}).to_toml())
    run(recipe, tmp_path / "one", 1, "--set", "train.batch_size=4")
    run(recipe, tmp_path / "two", 2, "--set", "train.accumulate=2")
    for name in ("model.safetensors", "checkpoints/step-00000003/state.safetensors"):
        one, two = (load_file(tmp_path / out / name) for out in ("one", "two"))
        assert one.keys() == two.keys()
        for key in one:
            torch.testing.assert_close(one[key], two[key], rtol=0, atol=1e-9, msg=key)
    logs = [(tmp_path / out / "log.jsonl").read_text().splitlines() for out in ("one", "two")]
    for first, second in zip(*(map(json.loads, log) for log in logs), strict=True):
        assert first["images"] == second["images"]
        assert first["losses"].keys() == second["losses"].keys()
        for player, terms in first["losses"].items():
            assert terms == pytest.approx(second["losses"][player], rel=1e-9)
