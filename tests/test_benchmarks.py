"""Each measurement runs, at a tiny size, as a person starts it; times are not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TINY = ("--size", "16", "--blocks", "1", "--width", "2", "--repeats", "1", "--rounds", "1")
PATCH = ("--set", "networks.D_X.layers=1", "--set", "networks.D_Y.layers=1")


@pytest.fixture
def measure(tmp_path):
    """Run a command of the package; returns its results, or what it says when it refuses."""

    def run(*words):
        file = tmp_path / "results.json"
        command = [sys.executable, "-m", "benchmarks", *words, "--json", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return json.loads(file.read_text())
        assert "Traceback" not in done.stderr.split("variant '")[0]
        return done.stderr

    return run


def names(result):
    return [row["name"] for row in result["rows"]]


def test_step_compares_variants_and_checkouts(measure, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("ganzoo", "recipes"):
        (copy / name).symlink_to(ROOT / name)
    (result,) = measure("step", *TINY, *PATCH, "--warmup", "0", "--path", str(copy))
    assert names(result) == ["fp32, copy", "fp32"]
    assert all(row["peak"] > 0 < row["seconds"] for row in result["rows"])
    assert result["rows"][0]["ratio"] == 1


def test_step_refuses_what_computes_other_losses(measure):
    other = ("--variant", "other:losses.cycle_X.weight=9")
    said = measure("step", *TINY, *PATCH, *other)
    assert "variant 'other' computes other losses in its first step" in said
    assert "generators.cycle_X" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--variants", "fp33"), "there is no 'fp33', only fp32"),
        (("--variant", "mine"), "write name:key=value"),
        (("--against", "nowhere"), "there is no models/cycle_gan_model.py in it"),
        (("--path", "nowhere"), "there is no ganzoo/ in it"),
    ],
)
def test_step_refuses(measure, words, said):
    assert said in measure("step", *TINY, *words)
