"""The recipe as a user starts it: minutes on a CPU, and its label maps are of the photos."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_it_learns_the_labels_of_held_out_photos(tmp_path):
    command = [sys.executable, "-m", "ganzoo", "run", "cut.cut", "--out", str(tmp_path / "run")]
    subprocess.run([*command, "--set", "train.device=cpu"], check=True)
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())["labels"]
    print({row: round(values["class_iou"], 3) for row, values in scores.items()})
    assert scores["model"]["class_iou"] >= 0.5
    assert scores["model"]["class_iou"] > scores["mean layout"]["class_iou"]
