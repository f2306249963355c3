"""What the long suites share: a run as a user starts it, and the page that keeps their figures."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
REPORT = ROOT / "docs" / "slow.md"


@dataclass(frozen=True)
class Run:
    """A finished run: seconds in all and to the first picture, its scores, its folder."""

    seconds: float
    first: float
    scores: dict
    folder: Path


@pytest.fixture(scope="session")
def slow_run(tmp_path_factory):
    """Run a recipe in a process of its own, from an empty cache, all cores its own."""

    def run(recipe, *settings):
        out, cache = tmp_path_factory.mktemp("run") / "run", tmp_path_factory.mktemp("cache")
        command = [sys.executable, "-m", "ganzoo", "run", recipe, "--out", str(out)]
        words = [word for setting in settings for word in ("--set", setting)]
        environment = {**os.environ, "GANZOO_CACHE": str(cache)}
        environment.pop("OMP_NUM_THREADS", None)
        started, first = time.monotonic(), None
        process = subprocess.Popen(
            [*command, *words], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        while process.poll() is None:
            if first is None and any((out / "samples").glob("*.png")):
                first = time.monotonic() - started
            time.sleep(0.2)
        seconds = time.monotonic() - started
        assert process.returncode == 0
        metrics = out / "metrics.json"
        scores = json.loads(metrics.read_text()) if metrics.exists() else {}
        return Run(seconds, first, scores, out)

    return run


@pytest.fixture(scope="session")
def slow_report():
    """Write one section of docs/slow.md, dated; the others stay."""

    def write(title, lines):
        machine = f"{os.cpu_count()} cores ({platform.machine()})"
        dated = f"Measured {datetime.date.today()} by `.ci/slow` on {machine}."
        section = "\n".join([f"## {title}", "", dated, "", *lines])
        text = REPORT.read_text(encoding="utf-8") if REPORT.exists() else "# Long suites\n"
        kept = re.sub(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL)
        REPORT.write_text(f"{kept.rstrip()}\n\n{section}\n", encoding="utf-8")

    return write
