"""`ganzoo data check`: what it prints, and its exit code."""

from __future__ import annotations

import json
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


def test_it_ends_with_1_for_what_would_stop_a_training(folder):
    (folder / "broken.png").write_bytes(b"")
    done = run("data", "check", folder)
    assert done.exit_code == 1
    assert "1 error" in done.output
    assert "broken.png" in done.output


def test_json_is_one_object(folder):
    (folder / "broken.png").write_bytes(b"")
    done = run("data", "check", folder, "--json", "--size", 64)
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert [*said] == ["folder", "used_as", "size", "counts", "subsets", "findings"]
    assert said["counts"] == {"error": 1, "warning": 0, "note": 1}
    (subset,) = said["subsets"]
    assert (subset["images"], subset["unreadable"], subset["smaller"]) == (5, 1, 4)
    assert subset["sizes"] == {"smallest": [48, 32], "median": [48, 32], "largest": [48, 32]}
    assert (subset["colours"], subset["channels"]) == ({"rgb": 4}, {"3": 4})
    assert [finding["kind"] for finding in said["findings"]] == ["unreadable", "small"]
    assert {*said["findings"][0]} == {"kind", "level", "text", "files", "advice"}


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_and_names_write_no_escape_sequences(folder, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    (folder / "\x1b]0;title\x07.png").write_bytes(b"")
    lines = run("data", "check", folder).output.splitlines()
    assert all("\x1b" not in line for line in lines)
    assert any(r"\x1b]0;title\x07.png: " in line for line in lines)
    assert all(len(line) <= width for line in lines[1:-1])  # those hold the folder


def test_the_command_at_the_end_is_one_line_that_works(folder):
    command = shlex.split(run("data", "check", folder).output.splitlines()[-1])
    assert command[:2] == ["ganzoo", "run"]
    assert command[command.index("--data") + 1] == str(folder)


def test_the_command_at_the_end_trains_at_a_size_that_most_images_cover(tmp_path):
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
        for index in range(3):
            Image.new("RGB", (60, 50), (index, 0, 0)).save(tmp_path / name / f"{index}.png")
    for size, trained_at in ((256, 48), (24, 24)):
        last = run("data", "check", tmp_path, "--size", size).output.splitlines()[-1]
        assert last.endswith(f"--set data.size={trained_at}")


def test_a_sheet_shows_all_images_and_those_of_findings(folder, tmp_path):
    (folder / "broken.png").write_bytes(b"")
    Image.new("RGB", (40, 20), (200, 0, 0)).save(folder / "red.png")
    sheet = tmp_path / "sheet.png"
    assert run("data", "check", folder, "--sheet", sheet).exit_code == 1
    pixels = np.asarray(Image.open(sheet))
    red = (pixels == (200, 0, 0)).all(-1)
    # Twice, among all and among those of one value: 112 x 56 pixels, less their frame.
    assert red.sum() > 2 * 108 * 52


@pytest.mark.parametrize("name", ["sheet.jpg", "my photos/sheet.png"])
def test_a_sheet_that_cannot_be_is_refused_at_once(folder, tmp_path, name):
    done = run("data", "check", folder, "--sheet", tmp_path / name)
    assert done.exit_code == 2
    assert not (tmp_path / name).exists()


def test_a_use_that_the_folder_does_not_allow(folder):
    done = run("data", "check", folder, "--as", "classes")
    assert done.exit_code == 2
    assert "This folder holds no folders, and 4 images" in done.stderr
