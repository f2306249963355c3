"""`ganzoo data check`: what it prints, and its exit code."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "my photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 48, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_good_folder_is_counted(folder):
    done = run("data", "check", folder)
    assert done.exit_code == 0
    assert "4 images" in done.output


def test_who_checks_a_folder_of_images_as_a_recipe_is_told_the_command(folder):
    done = run("check", folder)
    assert done.exit_code == 2
    advised = done.stderr.strip().partition("ganzoo data check ")[2]
    assert run("data", "check", *shlex.split(advised)).exit_code == 0


def test_no_folder_is_a_mistake(tmp_path):
    done = run("data", "check", tmp_path / "nothing")
    assert done.exit_code == 2
    assert "does not exist" in done.stderr
