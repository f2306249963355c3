"""A run of more than 99,999,999 steps: its checkpoints and pictures are found, in their order."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.engine.checkpoint import read_header
from ganzoo.engine.trainer import Trainer
from ganzoo.runs.checkpoint_folders import prune
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.layout import list_checkpoints, name_checkpoint
from ganzoo.runs.listing import _step
from ganzoo.training.train import train

pytestmark = pytest.mark.case("B7")

STEPS = [99_999_998, 99_999_999, 100_000_000, 100_000_002, 1_000_000_000]


def test_checkpoints_are_found_and_pruned_by_step(tmp_path):
    for step in STEPS:
        (tmp_path / "checkpoints" / name_checkpoint(step)).mkdir(parents=True)
    folder = tmp_path / "checkpoints"
    assert [step for step, _ in list_checkpoints(folder)] == STEPS
    assert _step(tmp_path, "stopped", None) == STEPS[-1]
    prune(folder, 2, None)
    assert [step for step, _ in list_checkpoints(folder)] == STEPS[-2:]


def test_pictures_after_the_checkpoint_go(tmp_path, tiny):
    experiment = build_recipe("cyclegan", tiny())
    folder = RunFolder(tmp_path / "run")
    folder.create(experiment.recipe)
    folder.samples.mkdir()
    for step in STEPS:
        folder.sample_grid(step).touch()
    folder.resume(experiment.recipe, 100_000_001)
    left = sorted(path.name for path in folder.samples.iterdir())
    assert left == sorted(f"{name_checkpoint(step)}.png" for step in STEPS[:3])


def test_a_run_goes_on_from_there(tmp_path, tiny, monkeypatch):
    """As if it had made 99,999,999 steps."""
    quiet = Console(file=io.StringIO())
    settings = {**tiny(), "samples.count": 1, "metrics": {}, "train.length": "100000001 steps"}
    start = Trainer.__init__

    def late(self, *given):
        start(self, *given)
        self.done = 99_999_999

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "__init__", late)
        made = train(build_recipe("cyclegan", settings), tmp_path / "run", console=quiet, until=0)
    assert made.step == 100_000_000
    again = build_recipe("cyclegan", settings, start=False)
    assert train(again, tmp_path / "run", resume=True, console=quiet).step == 100_000_001
    [_, (step, last)] = list_checkpoints(tmp_path / "run" / "checkpoints")
    assert step == read_header(last / "state.safetensors")["step"] == 100_000_001
