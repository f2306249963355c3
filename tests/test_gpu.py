"""What was written for accelerators: run these where there is one (`pytest -m gpu`)."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from ganzoo import build_recipe, load_recipe
from ganzoo.engine.device import choose_accelerator

SHORT = {
    "train.device": "auto",
    "train.length": "6 steps",
    "train.log_every": "2 steps",
    "samples.every": "6 steps",
    "samples.count": 1,
    "metrics": {},
}

pytestmark = pytest.mark.gpu
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
several = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices")
mps = pytest.mark.skipif(not torch.backends.mps.is_available(), reason="no MPS device")


@pytest.fixture
def run(recipes, tiny, tmp_path):
    """Runs a tiny recipe in a process of its own, as a user does; its folder."""

    def start(name, *words, launcher=(), **overrides):
        settings = {**tiny(), **SHORT, **{k.replace("__", "."): v for k, v in overrides.items()}}
        recipe = tmp_path / f"{name}.toml"
        recipe.write_text(load_recipe(recipes / "cyclegan.toml", settings).to_toml())
        out = tmp_path / name
        command = [sys.executable, *launcher, "-m", "ganzoo", "run", str(recipe)]
        environment = {**os.environ, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
        done = subprocess.run(
            [*command, "--out", str(out), *words],
            env=environment, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return out

    return start


def records(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def all_finite(out):
    return all(
        math.isfinite(loss)
        for record in records(out)
        for terms in record["losses"].values()
        for loss in terms.values()
    )


@cuda
@pytest.mark.parametrize("precision", ["float32", "bf16", "fp16"])
def test_trains_on_cuda(run, precision):
    out = run("cuda", train__precision=precision)
    assert records(out)[-1]["step"] == 6
    assert all_finite(out)


@cuda
def test_float64_agrees_with_a_cpu(run):
    """The mathematics does not depend on where it is done."""
    plain = {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"}
    exact = {"train__precision": "float64", "losses__adversarial_Y": plain}
    there = run("there", **exact)
    here = run("here", **exact, train__device="cpu")
    first, second = (load_file(out / "model.safetensors") for out in (there, here))
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=1e-7, msg=name)


@cuda
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_resumed_on_cuda(run, precision):
    """The scale of fp16 is kept with the checkpoint."""
    out = run("parts", train__precision=precision, train__length="3 steps")
    longer = ("--resume", "--set", "train.length=6 steps")
    again = run("parts", *longer, train__precision=precision, train__length="3 steps")
    assert again == out
    assert records(out)[-1]["step"] == 6
    assert all_finite(out)


@cuda
@pytest.mark.parametrize("accumulate", [1, 2])
def test_compiled_on_cuda(run, accumulate):
    """CUDA graphs change results by rounding, whatever they overwrite."""
    settings = {"train__accumulate": accumulate, "train__tf32": False}
    compiled = records(run("compiled", **settings, train__compile=True))
    plain = records(run("plain", **settings))
    for here, there in zip(compiled, plain, strict=True):
        assert here["nonfinite"] == 0
        for player, losses in there["losses"].items():
            assert here["losses"][player] == pytest.approx(losses, rel=0.02)


@cuda
def test_a_step_waits_for_nothing(recipes, tiny):
    """torch itself refuses whatever waits for the GPU."""
    experiment = build_recipe(recipes / "cyclegan.toml", tiny(train__device="auto"))
    trainer = experiment.trainer(choose_accelerator(experiment.recipe.train))
    batches = trainer.batches()
    drawn = [next(batches) for _ in range(3)]
    trainer.train_step(drawn[0])  # cuDNN waits while it times its algorithms
    torch.cuda.set_sync_debug_mode("error")
    try:
        for draws in drawn[1:]:
            trainer.train_step(draws)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@cuda
@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_channels_last_is_resumed(run, norm):
    """A fused optimizer takes moments in the layout of their weights alone."""
    settings = {
        "train__channels_last": True,
        "train__length": "3 steps",
        "networks__D_X__norm": norm,
        "networks__D_Y__norm": norm,
    }
    out = run("layout", **settings)
    assert run("layout", "--resume", "--set", "train.length=6 steps", **settings) == out
    assert records(out)[-1]["step"] == 6
    assert all_finite(out)


@cuda
def test_the_record_says_whether_tf32_was_used(run):
    for used in (True, False):
        out = run(f"tf32_{used}", train__tf32=used)
        assert json.loads((out / "run.json").read_text())["starts"][-1]["tf32"] is used


@several
def test_two_gpus_equal_one(run):
    plain = {
        "losses__adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
        "losses__adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
        "train__precision": "float64",
    }
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2")
    two = run("two", launcher=launcher, **plain)
    one = run("one", train__batch_size=2, **plain)
    first, second = (load_file(out / "model.safetensors") for out in (one, two))
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=1e-7, msg=name)


@mps
def test_trains_on_mps(run):
    assert all_finite(run("mps"))


@cuda
def test_a_model_moves_between_devices(recipes, tiny):
    model = build_recipe(recipes / "cyclegan.toml", tiny()).model()
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    here = model("x2y", x=x)
    there = model.to("cuda")("x2y", x=x)
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1e-4)
