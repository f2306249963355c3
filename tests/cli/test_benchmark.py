"""`ganzoo benchmark`: what it refuses, before or after measuring."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from ganzoo.benchmarking.benchmark_rows import BenchmarkRow
from ganzoo.benchmarking.ways import PLAIN
from ganzoo.cli import app
from ganzoo.cli import benchmark as command
from ganzoo.errors import GanzooError

GOLDEN = Path(__file__).parent.parent / "data" / "resnet9_net_G_A.pth"


def test_images_are_a_folder(tmp_path):
    image = tmp_path / "a.png"
    image.write_bytes(b"")
    done = CliRunner().invoke(app, ["benchmark", str(GOLDEN), "--images", str(image)])
    assert done.exit_code == 2
    assert f"--images {image}: this is a file; name a folder of images" in done.output


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    done = CliRunner().invoke(app, ["benchmark", str(GOLDEN), "--images", str(tmp_path)])
    assert done.exit_code == 2
    assert "there is no image in this folder" in done.output


def test_a_benchmark_that_measures_nothing_fails(monkeypatch, capsys):
    row = BenchmarkRow(64, PLAIN, reason="a.png: this is no image")
    facts = {"model": "m", "output": "G(x)", "device": "cpu", "threads": 1}
    measured = SimpleNamespace(rows=[row], facts=facts, score="", remarks=[], run=lambda: None)
    with pytest.raises(GanzooError, match="nothing could be measured"):
        command._measure(measured, None)
    assert "64 px, plain eager, float32: a.png: this is no image" in capsys.readouterr().out
    row.take_times([0.1], [0.1])
    command._measure(measured, None)
