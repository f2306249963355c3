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
    few = {"checkpoints.validation": 0.01}  # one of six, whatever the bytes of the files
    printed = run(recipes, tiny, scenes, out, **{"networks.G": recall, **few})
    pattern = (
        r"5 of 5 generated images are copies of training images, e\.g\. sample \d of 1\d\d\.png"
    )
    assert re.search(pattern, printed)
    lines = [json.loads(each) for each in (out / "evaluations.jsonl").read_text().splitlines()]
    [line] = [each for each in lines if each["split"] == "test"]
    [sentence] = line["findings"]["copies"]
    assert re.match(pattern, sentence)
    page = (out / "report.html").read_text()
    assert 'id="findings"' in page
    assert f"<li>copies: {sentence}</li>" in page
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


def noisy(folder, seeds, suffix=".png", side=SIZE, **saving):
    """Street photos, saved in some way."""
    folder.mkdir(parents=True)
    for seed in seeds:
        photo = Image.fromarray(street_scene(seed, SIZE, SIZE)[0])
        photo.resize((side, side), Image.Resampling.BICUBIC).save(
            folder / f"{seed:03d}{suffix}", **saving
        )
    return folder


def folder_scores(*args):
    """JSON of `evaluate --folders`, and what it says beside it."""
    result = CliRunner().invoke(app, ["evaluate", *map(str, args), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), " ".join(result.stderr.split())


UNTRAINED = [
    word
    for name in ("fid", "kid")
    for word in ("--metric", name, "--set", f"metrics.{name}.weights=none", "--set",
                 f"metrics.{name}.size=32")
]  # fmt: skip


def test_the_same_folder_twice(tmp_path):
    """Distances are 0, and a sentence says why; whether it is the same place or a copy."""
    real = draw(tmp_path / "real", range(8))
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in real.iterdir():
        shutil.copyfile(path, copy / f"g{path.name}")  # other names, so that they are no pairs
    for fake in (copy, real):
        found, said = folder_scores("--folders", real, fake, *UNTRAINED)
        assert abs(found["scores"]["fid"]["model"]["fid_efficientnet_lite0_untrained"]) < 1e-6
        assert "8 of 8 generated files are real ones, byte for byte" in said
    assert abs(found["scores"]["kid"]["model"]["kid_efficientnet_lite0_untrained"]) < 1e-4


def test_copies_that_were_saved_anew_are_said(tmp_path):
    real = draw(tmp_path / "real", range(8))
    fake = noisy(tmp_path / "fake", [2, 5, 20, 21, 22, 23], ".jpg", quality=90)
    _, said = folder_scores("--folders", real, fake, *UNTRAINED)
    assert "2 of 6 generated images are copies of the real ones that they are compared with" in said
    assert "of 002.png" in said
    assert "of 005.png" in said
    others = noisy(tmp_path / "others", range(20, 26), ".jpg", quality=90)
    assert "copies" not in folder_scores("--folders", real, others, *UNTRAINED)[1]


def test_copies_of_training_images_in_a_folder_are_said(tmp_path):
    """Of another tool's images: real ones to compare with, and those that it was trained on."""
    real, train = draw(tmp_path / "real", range(8)), draw(tmp_path / "train", range(100, 110))
    fake = draw(tmp_path / "fake", [103, 107, 20, 21])
    found, _ = folder_scores(
        "--folders", real, fake, "--train", train, "--metric", "memorisation", "--set",
        "metrics.memorisation.backbone=",
    )  # fmt: skip
    assert found["scores"]["memorisation"]["model"]["copied"] == 0.5
    assert found["scores"]["memorisation"]["real, other half"]["copied"] == 0
    [sentence] = found["findings"]["memorisation"]
    assert sentence.startswith("2 of 4 generated images are copies of training images, e.g. sample")
    refused = CliRunner().invoke(app, ["evaluate", str(tmp_path), "--train", str(train)])
    assert refused.exit_code == 2
    assert "--train: this is for --folders" in refused.output


def test_sizes_and_compression_that_differ_are_said(tmp_path):
    real = noisy(tmp_path / "real", range(6))
    small = noisy(tmp_path / "small", range(10, 16), side=SIZE // 2)
    said = folder_scores("--folders", real, small, *UNTRAINED)[1]
    assert "real images are mostly 32 x 32 px, generated ones 16 x 16 px" in said
    jpeg = noisy(tmp_path / "jpeg", range(20, 26), ".jpg", quality=75)
    said = folder_scores("--folders", real, jpeg, *UNTRAINED)[1]
    assert "most generated images are JPEG, most real ones are not" in said
    worse = noisy(tmp_path / "worse", range(30, 36), ".jpg", quality=30)
    said = folder_scores("--folders", jpeg, worse, *UNTRAINED)[1]
    assert "generated images are JPEG of lower quality than real ones" in said
    alike = noisy(tmp_path / "alike", range(40, 46), ".jpg", quality=75)
    assert folder_scores("--folders", jpeg, alike, *UNTRAINED)[1] == ""


def test_a_test_image_that_was_trained_on_is_said_when_training_starts_and_by_evaluate(
    recipes, tiny, scenes, tmp_path
):
    shutil.copyfile(scenes / "trainB" / "104.png", scenes / "testB" / "new.png")
    sentence = (
        "1 of 7 test images of y are training images as well (testB/new.png = trainB/104.png)"
    )
    out = tmp_path / "run"
    printed = run(recipes, tiny, scenes, out)
    assert " ".join(printed.split()).count(sentence) == 1
    assert " ".join(evaluate(out).split()).count(sentence) == 1


def test_copies_that_were_resized_are_said_by_data_check(scenes):
    large = Image.open(scenes / "trainB" / "104.png").resize((64, 64), Image.Resampling.BICUBIC)
    large.save(scenes / "testB" / "new.jpg", quality=90)
    result = CliRunner().invoke(app, ["data", "check", str(scenes), "--size", "16"])
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "nearly equal to another, one in training and one in test" in said
    assert "trainB/104.png" in said
