"""Faults that a stranger plants to see whether the figures find them."""

from __future__ import annotations

import io
import json
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import nn
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.components.data.street_photo import street_scene
from ganzoo.interfaces import Generator
from ganzoo.registry.discovery import installed
from ganzoo.training.train import train

SIZE = 32
COPIES = {"type": "memorisation", "prediction": "x2y", "target": "y", "backbone": ""}
SHORT = {
    "train.length": "2 steps",
    "train.device": "cpu",
    "samples.every": "100 steps",
    "samples.count": 1,
    "checkpoints.every": "100 steps",
}


class Recall(Generator):
    """A memoriser: whatever it is shown, it gives one of the pictures that it knows."""

    pictures: torch.Tensor

    def __init__(self, folder: str) -> None:
        super().__init__()
        files = sorted(Path(folder).iterdir())
        known = [np.asarray(Image.open(path)) for path in files]
        images = torch.tensor(np.stack(known)).movedim(-1, 1) / 127.5 - 1
        self.register_buffer("pictures", images)
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images (N, C, H, W) in [-1, 1], in and out."""
        sums = ((images + 1) * 127.5).round().long().sum((1, 2, 3))
        return self.pictures[sums % len(self.pictures)] * self.gain


@pytest.fixture
def memoriser(monkeypatch):
    """Registers the memoriser as a generator."""
    registry = installed().registry
    parts = dict(registry.components)
    parts["generator", "recall"] = replace(
        parts["generator", "resnet"], name="recall", target=f"{__name__}:Recall"
    )
    monkeypatch.setattr(registry, "components", parts)


def draw(folder, seeds, suffix=".png"):
    folder.mkdir(parents=True)
    for seed in seeds:
        Image.fromarray(street_scene(seed, SIZE, SIZE)[0]).save(folder / f"{seed:03d}{suffix}")
    return folder


@pytest.fixture
def scenes(tmp_path):
    """Two domains, ten training images of each and six held out."""
    root = tmp_path / "scenes"
    for number, name in enumerate(("trainA", "trainB", "testA", "testB")):
        draw(root / name, range(100 * number, 100 * number + (10 if number < 2 else 6)))
    return root


def built(recipes, tiny, root, **more):
    tables = tomllib.loads((recipes / "cyclegan.toml").read_text())
    tables["metrics"] = {"copies": COPIES}
    data = {"type": "folders", "root": str(root), "size": SIZE, "resize": SIZE, "flip": False}
    return build_recipe(tables, {**tiny(), **SHORT, "data": data, **more})


def run(recipes, tiny, root, out, **more):
    console = Console(file=io.StringIO(), width=120)
    train(built(recipes, tiny, root, **more), out, console=console)
    return console.file.getvalue()


def evaluate(*args):
    result = CliRunner().invoke(app, ["evaluate", *map(str, args)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_memoriser_is_said_in_terminal_report_and_comparison(
    memoriser, recipes, tiny, scenes, tmp_path
):
    out = tmp_path / "run"
    recall = {"type": "recall", "folder": str(scenes / "trainB")}
    printed = run(recipes, tiny, scenes, out, **{"networks.G": recall})
    pattern = (
        r"6 of 6 generated images are copies of training images, e\.g\. sample \d of 1\d\d\.png"
    )
    assert re.search(pattern, printed)
    [line] = [json.loads(each) for each in (out / "evaluations.jsonl").read_text().splitlines()]
    [sentence] = line["findings"]["copies"]
    assert re.match(pattern, sentence)
    page = (out / "report.html").read_text()
    assert 'id="findings"' in page
    assert sentence in page
    assert (out / "findings" / "copies.png").exists()
    assert page.count("Pictures of copies") >= 1
    assert re.search(pattern, evaluate(out).replace("\n", " "))
    comparison = tmp_path / "comparison"
    compared = CliRunner().invoke(app, ["compare", str(out), "--out", str(comparison)])
    assert compared.exit_code == 0, compared.output
    assert re.search(pattern, compared.output.replace("\n", " "))
    for name in ("comparison.md", "comparison.html"):
        assert re.search(pattern, (comparison / name).read_text())


def test_who_memorises_nothing_is_not_accused(recipes, tiny, scenes, tmp_path):
    out = tmp_path / "run"
    printed = run(recipes, tiny, scenes, out)
    assert "copies of training images" not in printed
    assert 'id="findings"' not in (out / "report.html").read_text()


def test_without_training_images_the_metric_is_left_out_with_the_reason(
    recipes, tiny, scenes, tmp_path
):
    """A model is evaluated where only its test images are."""
    out = tmp_path / "run"
    metrics = {"metrics.cycle": {"type": "cycle_error", "prediction": "F(G(x))", "target": "x"}}
    run(recipes, tiny, scenes, out, **metrics)
    shutil.rmtree(scenes / "trainB")
    printed = evaluate(out).replace("\n", " ")
    assert "note: metrics.copies is left out: it looks at training images of y, and" in printed
    assert printed.count("metrics.copies is left out") == 1
