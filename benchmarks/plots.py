"""Curves over logarithmic axes as an SVG file, drawn with the report's own shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganzoo.report.axes import Axis, axis_of, format_number
from ganzoo.report.charts import COLOURS, WIDE, Line, coordinate, draw_line
from ganzoo.report.html import Html, el
from ganzoo.report.svg_file import svg_file

LEFT, RIGHT, ABOVE, BELOW, HIGH = 76, 220, 52, 48, 460
ENTRY = 22  # the height of a line of the legend
MARKS = (1, 2, 5)  # ticks in each power of ten


@dataclass(frozen=True)
class Curve:
    """Points (x, y), joined in their order."""

    name: str
    points: Sequence[tuple[float, float]]


def write_plot(file: Path, title: str, axes: tuple[str, str], curves: Sequence[Curve]) -> None:
    """Draw curves; the axes' names stand at their ends."""
    across = axis_of((x for curve in curves for x, _ in curve.points), log=True)
    axis = axis_of((y for curve in curves for _, y in curve.points), log=True)
    shapes = [
        el("text", title, x=0, y=-26, class_="title"),
        el("text", axes[1], x=0, y=-8, class_="soft"),
        *_rules(axis),
        *_marks(across, axes[0]),
        *(shape for n, curve in enumerate(curves) for shape in _curve(curve, n, across, axis)),
        el("path", d=f"M0,0V{HIGH}H{WIDE}", class_="edge"),
    ]
    picture = el("g", *shapes, transform=f"translate({LEFT} {ABOVE})")
    file.write_text(
        svg_file([picture], LEFT + WIDE + RIGHT, ABOVE + HIGH + BELOW, title), encoding="utf-8"
    )


def ticks(axis: Axis) -> list[float]:
    """1, 2 and 5 of each power of ten in the range; all nine where few are."""
    few = _ticks(axis, MARKS)
    return few if len(few) > 2 else _ticks(axis, range(1, 10))


def _ticks(axis: Axis, marks: Sequence[int]) -> list[float]:
    tens = [10.0**power for power in range(-9, 13)]
    return [ten * mark for ten in tens for mark in marks if axis.low <= ten * mark <= axis.high]


def _rules(axis: Axis) -> Iterator[Html]:
    for value in ticks(axis):
        y = coordinate(HIGH * (1 - axis.share(value)))
        yield el("line", x1=0, x2=WIDE, y1=y, y2=y, class_="rule")
        yield el("text", format_number(value), x=-8, y=y, dy="0.35em", text_anchor="end",
                 class_="soft")  # fmt: skip


def _marks(across: Axis, name: str) -> Iterator[Html]:
    for value in ticks(across):
        x = coordinate(WIDE * across.share(value))
        yield el("text", format_number(value), x=x, y=HIGH + 18, text_anchor="middle",
                 class_="soft")  # fmt: skip
    yield el("text", name, x=WIDE + 20, y=HIGH + 18, class_="soft")


def _curve(curve: Curve, number: int, across: Axis, axis: Axis) -> Iterator[Html]:
    xs, ys = [x for x, _ in curve.points], [y for _, y in curve.points]
    yield from draw_line(Line(curve.name, curve.name, ys, number), xs, across, axis, HIGH)
    y, look = ENTRY * number + 10, f"line s{number % COLOURS} d{number // COLOURS % 3}"
    yield el("path", d=f"M{WIDE + 20},{y}h24", class_=look)
    yield el("text", curve.name, x=WIDE + 52, y=y, dy="0.35em")
