"""`ganzoo export`: what a person types and reads."""

from __future__ import annotations

import os
import shutil

import pytest
import torch
from typer.testing import CliRunner

import ganzoo
from ganzoo.builder.packaging import write_model
from ganzoo.cli import app

SMALL = {"networks.G.width": 2, "networks.G.blocks": 1, "networks.F.width": 2, "data.size": 16}


def run(*words):
    return CliRunner().invoke(app, ["export", *map(str, words)])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    torch.manual_seed(0)
    write_model(ganzoo.build_recipe("cyclegan", {**SMALL, "networks.F.blocks": 1}), path, 3)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_it_wrote_and_how_exact_it_is(file, here):
    done = run(file, "--to", "torch-export", "--output", "y2x")
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first == "cyclegan-y2x.pt2: F(y), from y (N, 3, H, W) in [-1, 1]"
    assert second.startswith("parity at 61 x 75, 17 x 17, 33 x 100, 16 x 16 px: differs from")
    program = torch.export.load(here / "cyclegan-y2x.pt2").module()
    y = torch.rand(1, 3, 20, 30) * 2 - 1
    assert torch.allclose(program(y), ganzoo.load_model(file)("y2x", y=y), rtol=0, atol=1e-5)
    again = run(file, "--to", "torch-export", "--output", "y2x")
    assert again.exit_code == 2
    assert "cyclegan-y2x.pt2 already exists; nothing was written" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["a.onnx", "--to", "onnx", "--precision", "bf16"],
            "onnx has no bf16: ONNX Runtime has no",
        ),
        (["a.pt2", "--to", "onnx"], "a.pt2: a file of onnx ends in .onnx; name it a.onnx"),
        (["--to", "onnx", "--output", "y2"], "the model has no output 'y2'. Did you mean 'y2x'?"),
        (["--to", "reference", "--pixels", "uint8"], "--pixels: a .pth holds weights alone"),
        (["--to", "onnx", "--calibrate", "."], "--calibrate is for --precision int8 alone"),
        (["--to", "onnx", "--calibrate", "nix"], "nix: there is no such file or folder"),
        (["--to", "reference"], "builds none with blocks = 1 (there: 9 or 6)"),
    ],
)
def test_mistakes(file, here, words, said):
    done = run(file, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(here.iterdir()) == []


def test_calibration_folders_of_others(file, here):
    """Text, a pipe, an endless device, links in a circle: one sentence, and no file."""
    folder = here / "images"
    folder.mkdir()
    words = (file, here / "a.onnx", "--to", "onnx", "--precision", "int8", "--calibrate", folder)
    empty = run(*words)
    assert "no image of this folder can be read, as it holds none" in empty.stderr
    (folder / "text.png").write_text("no image")
    (folder / "endless.png").symlink_to("/dev/zero")
    (folder / "circle").symlink_to(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
    done = run(*words)
    assert done.exit_code == empty.exit_code == 2
    assert "no image of this folder can be read: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    shutil.rmtree(folder)
    assert list(here.iterdir()) == []


def test_images_that_cannot_be_read_leave_the_others(file, here, unpack_nasty):
    """Beside the files that break loaders, images are read; all are cut to the size of training."""
    from PIL import Image

    from ganzoo.inference.exporting.calibration_images import read_folder

    folder = unpack_nasty(here / "nasty")
    Image.new("RGB", (400, 3), "red").save(folder / "aa.png")
    model = ganzoo.load_model(file)
    samples = read_folder(model, "x2y", folder)
    assert samples
    assert {tuple(each["x"].shape) for each in samples} == {(1, 3, 16, 16)}


def test_the_recipes_own_images(file):
    from ganzoo.cli.export import _read_images

    model = ganzoo.load_model(file)
    samples = _read_images(model, "x2y", None)
    assert len(samples) == 32
    assert {(*sample, *sample["x"].shape) for sample in samples} == {("x", 1, 3, 16, 16)}
