"""One size of a step is varied while the others stay: image side, blocks, width, batch."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.result import Row
from benchmarks.step import PRESETS, Sizes, choose_sizes
from benchmarks.turns import Process, Turn, interleave, started
from benchmarks.variants import Variant

# Values around those of the smallest preset.
VALUES: dict[str, Sequence[int]] = {
    "size": (32, 48, 64, 96, 128, 192),
    "blocks": (0, 3, 6, 9, 12),
    "width": (8, 16, 32, 48, 64),
    "batch": (1, 2, 4, 8),
}


@dataclass(frozen=True)
class Point:
    """A measured step.

    dimension, value: which size was varied, and what it was.
    flops: floating-point operations in a step. peak: of resident memory, in bytes.
    ratios: the time of a step over that of the step whose sizes stay, for each repeat.
    seconds: of a step, by the clock that was chosen.
    """

    dimension: str
    value: int
    flops: float
    peak: int
    ratios: Sequence[float]
    seconds: float = 0

    def as_row(self) -> Row:
        """A row of the table."""
        columns = {"GFLOP": f"{self.flops / 1e9:.2f}"}
        if self.seconds:
            columns["GFLOP/s"] = f"{self.flops / 1e9 / self.seconds:.0f}"
        return Row(
            f"{self.dimension} {self.value}", [self.seconds], peak=self.peak, columns=columns
        )


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """The options of a sweep."""
    parser.add_argument("--dimensions", nargs="+", choices=VALUES, default=list(VALUES))
    parser.add_argument("--values", nargs="+", type=int, help="in place of the usual ones")
    for name in VALUES:
        parser.add_argument(f"--{name}", type=int, help="while others vary")
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE",
        help="a setting of the recipe",
    )  # fmt: skip
    parser.add_argument(
        "--clock", choices=("seconds", "processor"), default="seconds",
        help="processor time, with OMP_NUM_THREADS=1, where others use the machine, too",
    )  # fmt: skip


def sweep(options: argparse.Namespace) -> list[Point]:
    """Measure each size in a process of its own, in turn with a step whose sizes stay.

    What a step takes is its share of the other's time, measured together, times the other's median
    over all: so a machine that slows down meanwhile bends no curve.
    """
    base = choose_sizes(PRESETS["64"], options)
    points, standard_turns = [], []
    with started([make_variant("standard", base, options)]) as processes:
        standard = processes["standard"]
        for dimension in options.dimensions:
            for value in options.values or VALUES[dimension]:
                options.report(f"{dimension} {value}")
                sizes = replace(base, **{dimension: value})
                with started([make_variant("varied", sizes, options)]) as others:
                    point, turns = measure(others["varied"], standard, options, dimension, value)
                points.append(point)
                standard_turns += turns
    usual = statistics.median(getattr(turn, options.clock) for turn in standard_turns)
    return [replace(p, seconds=usual * statistics.median(p.ratios)) for p in points]


def measure(
    process: Process, standard: Process, options: argparse.Namespace, dimension: str, value: int
) -> tuple[Point, list[Turn]]:
    """A point, and the turns of the step whose sizes stay."""
    pair = {"standard": standard, "varied": process}
    interleave(pair, 1, options.warmup, lambda text: None)
    turns = interleave(pair, options.repeats, options.rounds, lambda text: None)
    medians = {
        name: [statistics.median(getattr(turn, options.clock) for turn in each) for each in repeats]
        for name, repeats in turns.items()
    }
    ratios = [v / s for v, s in zip(medians["varied"], medians["standard"], strict=True)]
    peak = max(turn.peak for repeat in turns["varied"] for turn in repeat)
    point = Point(dimension, value, process.facts["flops"], peak, ratios)
    return point, [turn for repeat in turns["standard"] for turn in repeat]


def make_variant(name: str, sizes: Sizes, options: argparse.Namespace) -> Variant:
    """ganzoo's step of these sizes, whose operations are counted."""
    settings: dict[str, Any] = asdict(sizes) | {"device": "cpu", "count": True}
    settings["overrides"] = list(options.overrides)
    return Variant(name, "benchmarks.works.step:Ganzoo", settings)
