"""The memory and the time that `ganzoo check --memory` predicts, beside what runs take.

    python -m benchmarks predicted
    python -m benchmarks predicted --recipes "cut.cut train.batch_size=2"

Each recipe is a `ganzoo run` of its own, stopped after some steps: evaluation is not in it. Peaks
are read on Linux alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.refused import Refused
from benchmarks.result import Result, Row
from benchmarks.worker import read_peak

ROUNDS = 0
EVERY = 4  # steps between the lines of the log whose times are read
WIDE = "networks.G.width=32 networks.F.width=32"
RECIPES = [
    "cyclegan",
    "cyclegan train.batch_size=4",
    f"cyclegan data.size=128 {WIDE}",
    f"cyclegan data.size=128 {WIDE} train.precision=bf16",
    f"cyclegan data.size=128 {WIDE} networks.G.checkpointing=true networks.F.checkpointing=true",
    "cut.cut",
    "pix2pix train.batch_size=8",
    "dcgan",
    "r3gan.few_digits",
    "stargan.streets",
]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--recipes", nargs="+", default=RECIPES, metavar="'NAME PATH=VALUE ...'")
    parser.add_argument("--lines", type=int, default=40, help="of the log, after which a run ends")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.set_defaults(record=False)


def run(options: argparse.Namespace) -> list[Result]:
    """Predict, run and compare."""
    rows = list[Row]()
    for text in options.recipes:
        options.report(text)
        rows.append(compare(text, options.lines))
        options.report(str(rows[-1]))
    return [Result("Predicted and taken", "predicted", {"lines": options.lines}, rows)]


def compare(text: str, lines: int) -> Row:
    """A recipe's row: what was predicted, and by how much it was off."""
    from ganzoo.builder.experiment import check_recipe
    from ganzoo.builder.machine_speed import find_speed
    from ganzoo.builder.step_cost import measure_demand, price

    name, *overrides = shlex.split(text)
    demand = measure_demand(check_recipe(name, overrides, count=False))
    cost = price(replace(demand, measuring=0), find_speed())
    seconds, peak = take(name, overrides, lines)
    columns = {
        "predicted, s": f"{cost.seconds:.3g}",
        "off": f"{cost.seconds / seconds - 1:+.0%}",
        "predicted, MB": f"{cost.memory / 1e6:.0f}",
        "memory off": f"{cost.memory / peak - 1:+.0%}",
    }
    return Row(text, [seconds], peak=peak, columns=columns)


def take(name: str, overrides: list[str], lines: int) -> tuple[float, int]:
    """The median seconds of a step, and the peak of memory, of a run that is ended after a while.

    Raises:
        Refused: it ended by itself.
    """
    changes = ["train.length=1000 steps", f"train.log_every={EVERY} steps", "alarms.action=off"]
    sets = [word for each in [*overrides, *changes] for word in ("--set", each)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "ganzoo", "run", name, "--out", str(out), *sets]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            times, peak = list[float](), 0
            while len(times) < lines:
                if process.poll() is not None:
                    raise Refused(f"{name}: the run ended by itself")
                time.sleep(0.05)
                times, peak = read_times(out / "log.jsonl"), max(peak, read_peak(process.pid))
        finally:
            process.kill()
            process.wait()
    spans = [later - before for before, later in itertools.pairwise(times)]
    return statistics.median(spans) / EVERY, peak


def read_times(log: Path) -> list[float]:
    """When each whole line of a log was written; the last may be in the making."""
    if not log.is_file():
        return []
    whole = log.read_text(encoding="utf-8").split("\n")[:-1]
    return [entry["time"] for entry in map(json.loads, whole) if "losses" in entry]
