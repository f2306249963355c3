"""Two processes with half the batch each equal one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from ganzoo import load_recipe

EXACT = {
    "train.precision": "float64",
    "train.length": "3 steps",
    "train.log_every": "1 step",
    "samples.every": "3 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
    "losses.adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
}


def run(recipe, out, processes, batch_size):
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2"] if processes > 1 else []
    command = [sys.executable, *launcher, "-m", "ganzoo", "run", str(recipe), "--out", str(out)]
    done = subprocess.run(
        [*command, "--set", f"train.batch_size={batch_size}"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def recipe(recipes, tiny, tmp_path):
    path = tmp_path / "exact.toml"
    path.write_text(load_recipe(recipes / "cyclegan.toml", {**tiny(), **EXACT}).to_toml())
    return path


def test_two_processes_equal_one(recipe, tmp_path):
    run(recipe, tmp_path / "one", 1, 2)
    spoken = run(recipe, tmp_path / "two", 2, 1)
    assert spoken.count("Done:") == 1, "one process speaks"
    one, two = (load_file(tmp_path / n / "model.safetensors") for n in ("one", "two"))
    assert one.keys() == two.keys()
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=0, atol=1e-9, msg=name)
    logs = [(tmp_path / n / "log.jsonl").read_text().splitlines() for n in ("one", "two")]
    for first, second in zip(*(map(json.loads, log) for log in logs), strict=True):
        assert first["images"] == second["images"]
        for player, terms in first["losses"].items():
            assert terms == pytest.approx(second["losses"][player], rel=1e-9)


def test_a_run_goes_on_with_as_many_processes_as_it_had(recipe, tmp_path):
    run(recipe, tmp_path / "two", 2, 1)
    command = [sys.executable, "-m", "ganzoo", "run", str(recipe), "--resume"]
    changed = ["--out", str(tmp_path / "two"), "--set", "train.length=5 steps"]
    done = subprocess.run(
        [*command, *changed, "--set", "train.batch_size=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "2 processes" in done.stderr
