"""Two processes with half the batch each equal one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ganzoo import build_recipe, load_recipe
from ganzoo.errors import ModelError
from ganzoo.play.checkpoint import checkpoints
from ganzoo.play.loader import Batches
from ganzoo.run.training import train

SHORT = {
    "train.batch_size": 1,
    "train.length": "3 steps",
    "train.log_every": "1 step",
    "samples.every": "3 steps",
    "samples.count": 1,
    "metrics": {},
}
EXACT = {
    "train.precision": "float64",
    "losses.adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
    "losses.adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
}


def launch(recipe, out, processes, *words):
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2"] if processes > 1 else []
    command = [sys.executable, *launcher, "-m", "ganzoo", "run", str(recipe), "--out", str(out)]
    return subprocess.run(
        [*command, *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run(recipe, out, processes, *words):
    done = launch(recipe, out, processes, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def written(recipes, tiny, tmp_path):
    """Writes a tiny recipe, a sample a step in each process."""

    def write(**overrides):
        settings = {**tiny(), **SHORT, **overrides}
        path = tmp_path / "tiny.toml"
        path.write_text(load_recipe(recipes / "cyclegan.toml", settings).to_toml())
        return path

    return write


def test_two_processes_equal_one(written, tmp_path):
    recipe = written(**EXACT)
    run(recipe, tmp_path / "one", 1, "--set", "train.batch_size=2")
    spoken = run(recipe, tmp_path / "two", 2)
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


def test_a_run_goes_on_with_as_many_processes_as_it_had(written, tmp_path):
    """Stopped after 3 of 5 steps and resumed; each process has a history of its own."""
    history = {"type": "history", "size": 2}
    recipe = written(
        **{
            "schedule": {"type": "constant"},
            "losses.adversarial_X.buffer": history,
            "losses.adversarial_Y.buffer": history,
        }
    )
    whole, parts, longer = tmp_path / "whole", tmp_path / "parts", ["--set", "train.length=5 steps"]
    run(recipe, whole, 2, *longer)
    run(recipe, parts, 2)
    with pytest.raises(ModelError, match="2 processes"):
        train(build_recipe(recipe, longer[1:]), parts, resume=True)
    run(recipe, parts, 2, "--resume", *longer)
    last = "checkpoints/step-00000005"
    files = [f"{last}/{name}.safetensors" for name in ("state", "process-0", "process-1")]
    held = {file: [load_file(out / file) for out in (whole, parts)] for file in files}
    for one, two in held.values():
        assert one
        assert one.keys() == two.keys()
        assert all(torch.equal(one[name], two[name]) for name in one)
    first, second = (held[file][0] for file in files[1:])
    assert not torch.equal(first["adversarial_Y.fake/0"], second["adversarial_Y.fake/0"])


def test_an_unreadable_image_ends_all_processes(written, tmp_path):
    """Only one of them meets it; to save would take both, and the other waits in its step."""
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
        for index in range(8):
            Image.new("RGB", (16, 16), (index, 50, 90)).save(tmp_path / name / f"{index}.png")
    third = list(Batches(8, 1, 0, 0, 8))[5]  # the second process's share of the third step
    (tmp_path / "trainA" / f"{third[0][1]}.png").write_bytes(b"no picture")
    data = {"type": "folders", "root": str(tmp_path), "size": 16}
    recipe = written(**{"data": data, "train.seed": 0, "checkpoints.every": "1 step"})
    done = launch(recipe, tmp_path / "run", 2)
    assert done.returncode != 0
    assert f"{third[0][1]}.png cannot be read" in done.stderr
    assert "goes on from its last checkpoint with --resume" in done.stderr
    assert [step for step, _ in checkpoints(tmp_path / "run" / "checkpoints")] == [1]
