"""Precision "auto": chosen once, told, on record, and kept by a resume."""

from __future__ import annotations

import io
import json

import pytest
import torch
from accelerate.state import AcceleratorState
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.engine import device
from ganzoo.engine.device import settle_precision
from ganzoo.errors import RunError
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

SHORT = {
    "train.length": "4 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y.buffer.size": 3,
    "losses.adversarial_X.buffer.size": 3,
}
AUTO = {"train.precision": "auto"}


@pytest.fixture(autouse=True)
def another_precision():
    """Accelerate keeps a process's first precision; a run has a process of its own."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def processor(monkeypatch):
    """Sets whether this processor has bf16 arithmetic."""

    def pretend(bf16: bool) -> None:
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)

    return pretend


@pytest.fixture
def run(recipes, tiny):
    """Trains the tiny CycleGAN; returns what was printed."""

    def train_it(out, *, resume=False, changes=(), **settings):
        AcceleratorState._reset_state(reset_partial_state=True)
        printed = io.StringIO()
        more = {key.replace("__", "."): value for key, value in settings.items()}
        overrides = {**tiny(), **SHORT, **AUTO, **more}
        experiment = build_recipe(recipes / "cyclegan.toml", overrides, start=not resume)
        console = Console(file=printed, width=200)
        train(experiment, out, resume=resume, changes=changes, console=console)
        return printed.getvalue()

    return train_it


def starts(out):
    return json.loads((out / "run.json").read_text())["starts"]


def weights(out):
    return load_file(out / "model.safetensors")


def test_what_was_chosen_is_told_and_on_record(run, processor, tmp_path):
    processor(bf16=True)
    why = "this processor has bf16 arithmetic (avx512_bf16)"
    assert f"precision: bf16, as {why}" in run(tmp_path / "run")
    (start,) = starts(tmp_path / "run")
    assert (start["precision"], start["precision_reason"]) == ("bf16", why)
    assert 'precision = "bf16"' in (tmp_path / "run" / "recipe.toml").read_text()
    assert f"bf16, as {why}" in (tmp_path / "run" / "report.html").read_text()


def test_it_computes_what_the_same_precision_by_hand_does(run, processor, tmp_path):
    processor(bf16=True)
    run(tmp_path / "chosen")
    run(tmp_path / "named", train__precision="bf16")
    run(tmp_path / "whole", train__precision="float32")
    chosen, named, whole = (weights(tmp_path / each) for each in ("chosen", "named", "whole"))
    assert all(chosen[key].equal(named[key]) for key in named)
    assert not all(chosen[key].equal(whole[key]) for key in whole)
    assert all(tensor.dtype == torch.float32 for tensor in chosen.values())


def test_without_arithmetic_for_bf16_it_is_float32(run, processor, tmp_path):
    processor(bf16=False)
    assert "precision: float32, as this processor has no bf16" in run(tmp_path / "run")
    assert starts(tmp_path / "run")[0]["precision"] == "float32"


def test_penalties_keep_float32(run, processor, tmp_path):
    processor(bf16=True)
    penalised = {"losses__adversarial_Y__penalties": [{"type": "r1"}]}
    printed = run(tmp_path / "run", **penalised)
    assert "precision: float32, as player 'discriminators' pays penalties" in printed


def test_a_resume_elsewhere_stays_bf16_and_says_that_it_is_slow(
    run, processor, tmp_path, monkeypatch
):
    processor(bf16=True)
    run(tmp_path / "whole")

    def stop_at_two(self, training):
        self.session.trainer.stop = training.step == 2

    with monkeypatch.context() as patch:
        patch.setattr(LogWriter, "on_step", stop_at_two)
        run(tmp_path / "parts")
    processor(bf16=False)
    printed = run(tmp_path / "parts", resume=True)
    assert "this processor has no bf16 arithmetic, so it is slow" in printed
    first, second = starts(tmp_path / "parts")
    assert first["precision"] == second["precision"] == "bf16"
    assert "precision_reason" not in second
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(whole[key].equal(parts[key]) for key in whole)


def test_another_precision_is_refused_unless_it_is_changed_on_purpose(run, processor, tmp_path):
    processor(bf16=True)
    run(tmp_path / "run", train__length="2 steps")
    processor(bf16=False)
    with pytest.raises(RunError, match='"bf16" there, "float32" here'):
        run(tmp_path / "run", resume=True, train__precision="float32")
    run(tmp_path / "run", resume=True, changes=["train.precision"])  # chosen anew
    change = {"path": "train.precision", "from": "bf16", "to": "float32"}
    assert starts(tmp_path / "run")[-1]["changes"] == [change]
    assert starts(tmp_path / "run")[-1]["precision"] == "float32"


@pytest.mark.parametrize("first", [True, False])
def test_several_processes_follow_the_first(processor, monkeypatch, first):
    processor(bf16=not first)
    monkeypatch.setattr(device, "broadcast", lambda tensor: torch.full_like(tensor, first))
    chosen = settle_precision(cpu=True)
    assert chosen.name == ("bf16" if first else "float32")
    assert chosen.reason == "the first process chose it"
