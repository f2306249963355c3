"""`ganzoo import`: what it says, what it refuses before torch, and what its model is good for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app

GOLDEN = Path(__file__).parent.parent / "data" / "resnet9_net_G_A.pth"


def ganzoo(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_it_says_what_it_recognised_and_the_model_translates_alone(tmp_path):
    out = tmp_path / "model.safetensors"
    done = ganzoo("import", GOLDEN, "--out", out, "--size", 64)
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    assert lines[0] == f"{GOLDEN}: generator 'resnet', G in the recipe"
    assert "9 residual blocks model.10 ... model.18" in lines
    assert "width 8 model.1.weight (8, 3, 7, 7)" in lines
    assert "norm instance model.1 has a bias, model.2 no tensors" in lines
    assert "recipe: images of 64 px" in lines
    assert lines[-1] == f"x2y -> {out}"
    Image.new("RGB", (61, 75), "red").save(tmp_path / "in.png")
    done = ganzoo("translate", out, tmp_path / "in.png", tmp_path / "out.png")
    assert done.exit_code == 0, done.output
    assert Image.open(tmp_path / "out.png").size == (61, 75)


def test_a_recipe_of_the_users(tmp_path):
    out = tmp_path / "model.safetensors"
    done = ganzoo("import", GOLDEN, "--out", out, "--recipe", "cyclegan_paper")
    assert done.exit_code == 0, done.output
    assert "objective of" not in done.output


def test_a_model_that_cannot_be_written_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    out = tmp_path / "file" / "model.safetensors"
    done = ganzoo("import", GOLDEN, "--out", out, "--size", 64)
    assert done.exit_code == 2, done.output
    assert f"ganzoo: {out}: cannot be written (" in done.output
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_translate_says_that_there_is_an_import(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "in.png")
    done = ganzoo("translate", GOLDEN, tmp_path / "in.png", tmp_path / "out.png")
    assert done.exit_code == 2
    assert f"ganzoo import {GOLDEN}" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.pth"], "nowhere.pth: there is no such file or folder"),
        ([GOLDEN, "--out", "model.pth"], "a model's file name ends with .safetensors"),
        ([GOLDEN, "--out", "taken.safetensors"], "taken.safetensors already exists"),
        ([GOLDEN, "--recipe", "cyclegann"], "Did you mean"),
    ],
)
def test_it_is_refused_before_torch_is_imported(tmp_path, words, message):
    (tmp_path / "taken.safetensors").write_bytes(b"")
    code = (
        "import sys\nfrom ganzoo.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print(end.code, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, "import", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.split() == ["2", "False"], done.stderr
    assert message in done.stderr
