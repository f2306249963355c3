"""What alarms cost: comparing batches in each step, reading a log line, probing outputs.

    python -m benchmarks alarms --recipe cyclegan --set train.batch_size=2

`Share` is that of a step's time, spread over the steps between two times.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.result import Result, make_rows
from benchmarks.turns import interleave, started
from benchmarks.variants import Variant

ROUNDS = 5
PIECES = ("step", "batches", "line", "probe")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--recipe", default="cyclegan", help="a name, or a file")
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE",
        help="a setting of the recipe",
    )  # fmt: skip


def run(options: argparse.Namespace) -> list[Result]:
    """Let a step and what alarms do beside it take turns."""
    given = {"recipe": options.recipe, "overrides": [*options.overrides, "metrics={}"]}
    variants = [
        Variant(piece, "benchmarks.works.alarms:Piece", {**given, "piece": piece}, ROOT)
        for piece in PIECES
    ]
    with started(variants) as processes:
        interleave(processes, 1, options.warmup, lambda text: None)
        turns = interleave(processes, options.repeats, options.rounds, options.report)
        every = {name: process.facts["every"] for name, process in processes.items()}
    plain = {row.name: row.seconds for row in make_rows(turns, None)}
    facts: dict[str, dict[str, Any]] = {}
    for name, seconds in plain.items():
        share = seconds / every[name] / plain["step"]
        facts[name] = {"columns": {"Every": f"{every[name]} steps", "Share": f"{share:.2%}"}}
    settings = {"recipe": options.recipe, "set": " ".join(options.overrides) or "nothing"}
    return [Result("What alarms cost", "alarms", settings, make_rows(turns, None, facts=facts))]
