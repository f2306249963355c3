"""Interrupted at any step and resumed equals uninterrupted, bit for bit."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.errors import RunError
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

STEPS = 7
SHORT = {
    "train.length": f"{STEPS} steps",
    "train.log_every": "2 steps",
    "samples.every": "3 steps",
    "samples.count": 2,
    "checkpoints.every": "4 steps",
    "losses.adversarial_Y.buffer.size": 3,
    "losses.adversarial_X.buffer.size": 3,
}
PAIRED = {
    "networks.G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5},
    "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1, "norm": "batch"},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
    "optimizers.default": {"type": "rmsprop", "lr": 1e-3},
    "train.device": "cpu",
    **{key: value for key, value in SHORT.items() if not key.startswith("losses")},
}


def quiet():
    return Console(file=io.StringIO())


def run(recipe, overrides, out, resume=False):
    return train(build_recipe(recipe, overrides), out, resume=resume, console=quiet())


def interrupt_at(monkeypatch, step):
    """A Ctrl-C that arrives during that step."""

    def on_step(self, training):
        if training.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(LogWriter, "on_step", on_step)


def log_of(folder):
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "time"} for record in records]


def same(one, other):
    assert log_of(one) == log_of(other)
    pictures = sorted(path.name for path in (one / "samples").iterdir())
    assert pictures == sorted(path.name for path in (other / "samples").iterdir())
    for name in pictures:
        assert (one / "samples" / name).read_bytes() == (other / "samples" / name).read_bytes()
    for name in ("model.safetensors", "metrics.json", "recipe.toml"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    last = [list_checkpoints(folder / "checkpoints")[-1] for folder in (one, other)]
    assert last[0][0] == last[1][0] == STEPS
    for name in ("state.safetensors", "process-0.safetensors"):
        first, second = (load_file(path / name) for _, path in last)
        assert first.keys() == second.keys()
        assert all(first[key].equal(second[key]) for key in first)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("step", [1, 3, 4, 6])
def test_unpaired(recipes, tiny, tmp_path, monkeypatch, step, workers):
    overrides = {**tiny(), **SHORT, "train.workers": workers}
    recipe = recipes / "cyclegan.toml"
    run(recipe, overrides, tmp_path / "whole")
    interrupt_at(monkeypatch, step)
    stopped = run(recipe, overrides, tmp_path / "parts")
    assert (stopped.finished, stopped.step) == (False, step)
    monkeypatch.undo()
    assert run(recipe, overrides, tmp_path / "parts", resume=True).finished
    same(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("step", [2, 5])
def test_dropout_batch_norm_and_another_optimizer(recipes, tmp_path, monkeypatch, step):
    recipe = recipes / "pix2pix.toml"
    run(recipe, PAIRED, tmp_path / "whole")
    interrupt_at(monkeypatch, step)
    run(recipe, PAIRED, tmp_path / "parts")
    monkeypatch.undo()
    run(recipe, PAIRED, tmp_path / "parts", resume=True)
    same(tmp_path / "whole", tmp_path / "parts")


def test_workers_see_the_same_samples(recipes, tiny, tmp_path):
    for workers in (0, 2):
        overrides = {**tiny(), **SHORT, "train.workers": workers}
        run(recipes / "cyclegan.toml", overrides, tmp_path / str(workers))
    assert log_of(tmp_path / "0") == log_of(tmp_path / "2")


def start(recipe, overrides, folder):
    """A run as a user starts it, in a process group of its own, after its first steps."""
    (folder / "recipe.toml").write_text(build_recipe(recipe, overrides).recipe.to_toml())
    command = [sys.executable, "-m", "ganzoo", "run", str(folder / "recipe.toml")]
    out = folder / "killed"
    process = subprocess.Popen(
        [*command, "--out", str(out)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(log_of(out) if (out / "log.jsonl").exists() else ()) < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process, out


LONG = {"train.length": "4000 steps", "samples.every": "4000 steps"}


def test_killed_without_warning(recipes, tiny, tmp_path):
    """kill -9 loses the steps since the last checkpoint and nothing else."""
    process, out = start(recipes / "cyclegan.toml", {**tiny(), **SHORT, **LONG}, tmp_path)
    process.kill()
    process.communicate()
    step, _ = list_checkpoints(out / "checkpoints")[-1]
    assert step % 4 == 0
    length = f"{step + 6} steps"
    assert run(tmp_path / "recipe.toml", {"train.length": length}, out, resume=True).finished
    steps = [record["step"] for record in log_of(out)]
    assert steps == list(range(2, step + 7, 2))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_of_a_run(recipes, tiny, tmp_path, number):
    """A terminal's Ctrl-C reaches the loader's workers too; they leave it to the run."""
    overrides = {**tiny(), **SHORT, **LONG, "train.workers": 2, "checkpoints.every": "4000 steps"}
    process, out = start(recipes / "cyclegan.toml", overrides, tmp_path)
    os.killpg(process.pid, number)
    spoken, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert "Traceback" not in spoken + complaint
    assert (spoken + complaint).count("stopping after this step") == 1
    [(step, _)] = list_checkpoints(out / "checkpoints")
    length = {"train.length": f"{step + 1} steps"}
    assert run(tmp_path / "recipe.toml", length, out, resume=True).step == step + 1


def test_a_changed_recipe_is_refused(recipes, tiny, tmp_path):
    recipe = recipes / "cyclegan.toml"
    run(recipe, {**tiny(), **SHORT}, tmp_path / "run")
    changed = build_recipe(recipe, {**tiny(), **SHORT, "losses.cycle_X.weight": 9})
    with pytest.raises(RunError, match=r"losses\.cycle_X\.weight"):
        train(changed, tmp_path / "run", resume=True, console=quiet())


def test_a_run_may_be_made_longer(recipes, tiny, tmp_path):
    recipe = recipes / "cyclegan.toml"
    run(recipe, {**tiny(), **SHORT}, tmp_path / "run")
    longer = {**tiny(), **SHORT, "train.length": "9 steps"}
    assert run(recipe, longer, tmp_path / "run", resume=True).step == 9


def test_nothing_is_overwritten(recipes, tiny, tmp_path):
    recipe = recipes / "cyclegan.toml"
    run(recipe, {**tiny(), **SHORT}, tmp_path / "run")
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    with pytest.raises(RunError, match="already holds a run"):
        run(recipe, {**tiny(), **SHORT}, tmp_path / "run")
    assert before == {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}


def test_there_must_be_something_to_resume(recipes, tiny, tmp_path):
    with pytest.raises(RunError, match="no run to resume"):
        run(recipes / "cyclegan.toml", tiny(), tmp_path / "nothing", resume=True)


def test_the_last_and_every_nth_checkpoint_are_kept(recipes, tiny, tmp_path):
    overrides = {
        **tiny(),
        **SHORT,
        "train.length": "9 steps",
        "checkpoints.every": "1 step",
        "checkpoints.keep": 2,
        "checkpoints.keep_every": "3 steps",
    }
    run(recipes / "cyclegan.toml", overrides, tmp_path / "run")
    kept = [step for step, _ in list_checkpoints(tmp_path / "run" / "checkpoints")]
    assert kept == [3, 6, 8, 9]
