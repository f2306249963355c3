"""The peak of resident memory in a step against image side, blocks, width and batch.

    python -m benchmarks memory
    python -m benchmarks memory --dimensions batch --size 128 --width 64

Each point is a process of its own. torch itself takes about 0.5 GB before anything is built.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.result import Result
from benchmarks.scaling import by_dimension, describe_peak
from benchmarks.step import PRESETS, choose_sizes
from benchmarks.sweep import add_sweep, sweep

ROUNDS = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command; memory is the same in each repeat."""
    add_sweep(parser)
    parser.set_defaults(repeats=1)


def run(options: argparse.Namespace) -> list[Result]:
    """Measure all points."""
    points = [replace(point, seconds=0) for point in sweep(options)]
    settings = {
        "varied from": str(choose_sizes(PRESETS["64"], options)),
        "set": " ".join(options.overrides) or "nothing",
    }
    notes = [f"{name}: {describe_peak(some)}" for name, some in by_dimension(points).items()]
    rows = [point.as_row() for point in points]
    return [Result("The memory of a step", "memory", settings, rows, notes)]
