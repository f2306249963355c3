"""The recipe as a user starts it: minutes on a CPU, and held-out scenes change their light."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest


@pytest.mark.slow
def test_held_out_scenes_change_their_light(tmp_path):
    started = time.monotonic()
    command = [sys.executable, "-m", "ganzoo", "run", "stargan.stargan"]
    subprocess.run([*command, "--out", str(tmp_path / "run")], check=True)
    seconds = time.monotonic() - started
    rows = json.loads((tmp_path / "run" / "metrics.json").read_text())["psnr"]
    figures = {row: round(values["psnr"], 2) for row, values in rows.items()}
    print(f"{seconds:.0f} s: {figures}")
    others = max(value for row, value in figures.items() if row != "model")
    assert figures["model"] >= 19
    assert figures["model"] >= others + 5
