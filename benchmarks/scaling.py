"""How the time and the memory of a step grow with image side, blocks, width and batch.

    python -m benchmarks scaling --plots docs/images
    python -m benchmarks scaling --dimensions size --values 64 128 256 --width 64

Each dimension is varied alone. A law is fitted to all points, seconds = a + b * GFLOP, with the
floating-point operations that torch counts; beside it stand the powers with which time and
operations grow. `--plots FOLDER` writes scaling-time.svg and scaling-memory.svg. What was measured
one dimension a call (`--json FILE`) is fitted and drawn together by `--read FILE ... --plots .`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.laws import Law, fit_exponent, fit_line
from benchmarks.plots import Curve, write_plot
from benchmarks.refused import Refused
from benchmarks.result import Result
from benchmarks.step import PRESETS, choose_sizes
from benchmarks.sweep import Point, add_sweep, sweep

ROUNDS = 3
ORIGIN = ("settings", "date", "commit", "machine")
UNITS = {"size": "10,000 px", "blocks": "block", "width": "channel", "batch": "sample"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    add_sweep(parser)
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the plots there")
    parser.add_argument(
        "--read", nargs="+", type=Path, default=[], metavar="FILE",
        help="take what earlier calls wrote by --json, measure nothing",
    )  # fmt: skip


def run(options: argparse.Namespace) -> list[Result]:
    """Measure all points, fit, and draw."""
    if options.plots:
        make_folder(options.plots)
    settings = {
        "varied from": str(choose_sizes(PRESETS["64"], options)),
        "set": " ".join(options.overrides) or "nothing",
        "clock": options.clock,
    }
    if options.read:
        points, origin = read_points(options.read)
    else:
        points, origin = sweep(options), {"settings": settings}
    law = fit_time(points)
    rows = [point.as_row() for point in points]
    notes = [describe_law(law), *map(describe_growth, by_dimension(points).values())]
    if options.plots:
        draw(points, law, origin["settings"]["varied from"], options.plots)
    return [Result("A step as work grows", "scaling", rows=rows, notes=notes, **origin)]


def read_points(files: Sequence[Path]) -> tuple[list[Point], dict[str, Any]]:
    """The points that earlier calls wrote, and how and where the first was measured.

    Raises:
        Refused: a file holds no such results, or they were not measured alike.
    """
    points, origins = [], []
    for file in files:
        try:
            for result in json.loads(file.read_text("utf-8")):
                points += [read_point(row) for row in result["rows"]]
                origins.append({name: result[name] for name in ORIGIN})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Refused(f"--read {file}: no results of `scaling --json` ({error})") from error
    if not points or any(each["settings"] != origins[0]["settings"] for each in origins):
        raise Refused("--read takes results that were measured with equal settings")
    return points, origins[0]


def read_point(row: Mapping[str, Any]) -> Point:
    """The point of a row."""
    dimension, value = row["name"].split()
    flops = float(row["columns"]["GFLOP"]) * 1e9
    return Point(dimension, int(value), flops, row["peak"], [], row["seconds"])


def make_folder(folder: Path) -> None:
    """Make the folder for the plots, before anything is measured.

    Raises:
        Refused: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"--plots {folder}: {error.strerror}") from error


def fit_time(points: Sequence[Point]) -> Law:
    """Seconds over GFLOP."""
    return fit_line([point.flops / 1e9 for point in points], [point.seconds for point in points])


def describe_law(law: Law) -> str:
    """The law as a line of text."""
    speed = f"{1 / law.slope:.0f} GFLOP/s" if law.slope > 0 else "no slope"
    return (
        f"seconds = {law.start:.4f} + {law.slope * 1e3:.3f} / 1000 * GFLOP "
        f"({speed}; R squared {law.fit:.3f})"
    )


def by_dimension(points: Sequence[Point]) -> dict[str, list[Point]]:
    """The points of each dimension."""
    names = dict.fromkeys(point.dimension for point in points)
    return {name: [point for point in points if point.dimension == name] for name in names}


def describe_growth(points: Sequence[Point]) -> str:
    """How time, operations and memory grow along one dimension."""
    name, values = points[0].dimension, [float(point.value) for point in points]
    seconds = fit_exponent(values, [point.seconds for point in points])
    flops = fit_exponent(values, [point.flops for point in points])
    powers = f"time ~ {name}^{seconds:.2f}, GFLOP ~ {name}^{flops:.2f}"
    return f"{name}: {powers}; {describe_peak(points)}"


def describe_peak(points: Sequence[Point]) -> str:
    """Memory as a straight line: over pixels where the side of images was varied."""
    name = points[0].dimension
    xs = [point.value**2 / 1e4 if name == "size" else float(point.value) for point in points]
    law = fit_line(xs, [point.peak / 1e6 for point in points])
    line = f"{law.start:.0f} MB + {law.slope:.1f} MB for each {UNITS[name]}"
    return f"peak = {line} (R squared {law.fit:.3f})"


def draw(points: Sequence[Point], law: Law, base: str, folder: Path) -> None:
    """Time over operations with the law, and memory over how much a size was multiplied."""
    time = [
        Curve(name, [(p.flops / 1e9, p.seconds * 1e3) for p in some])
        for name, some in by_dimension(points).items()
    ]
    work = sorted(point.flops / 1e9 for point in points)
    time.append(Curve("the fitted law", [(x, law.at(x) * 1e3) for x in work]))
    write_plot(folder / "scaling-time.svg", f"A step, varied from {base}", ("GFLOP", "ms"), time)
    memory = [
        Curve(name, [(p.flops / 1e9, p.peak / 1e6) for p in some])
        for name, some in by_dimension(points).items()
    ]
    axes = ("GFLOP", "MB resident at most")
    write_plot(folder / "scaling-memory.svg", f"Memory, varied from {base}", axes, memory)
