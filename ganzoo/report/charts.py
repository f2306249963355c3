"""Line charts as SVG. Only the plot is stretched, so that text is readable at any width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ganzoo.printing.text import visible
from ganzoo.report.axes import Axis, Values, format_number
from ganzoo.report.html import Html, el

WIDE = 1000  # the plot's own horizontal units
SMALL = 150  # a lower panel has fewer ticks
COLOURS = 8  # in style.css; then the dashes change


@dataclass(frozen=True)
class Line:
    """A curve.

    key: the curve's unique name in its group of panels.
    style: a number for colour and dash; the same curve has the same number in every panel.
    low, high: the interval around each value, if there is one.
    level: whether it is a single value, drawn as a horizontal line.
    at: the curve's steps, if they differ from the panel's.
    """

    key: str
    name: str
    values: Values
    style: int
    low: Values = ()
    high: Values = ()
    level: bool = False
    at: Values = ()


def panel(
    title: str,
    steps: Values,
    lines: Sequence[Line],
    axis: Axis,
    height: int = 180,
    across: Axis | None = None,
) -> Html:
    """A chart with a title: lines over steps. A missing value leaves a gap in a line.

    across: the axis of steps; left out, it runs from the first step to the last.
    """
    across = across or across_steps(steps)
    ticks = [(value, height * (1 - axis.share(value))) for value in axis.ticks(height // 25)]
    shapes = [
        *(
            el("line", x1=0, x2=WIDE, y1=coordinate(y), y2=coordinate(y), class_="rule")
            for _, y in ticks
        ),
        *(
            shape
            for line in lines
            for shape in draw_line(line, line.at or steps, across, axis, height)
        ),
        el("line", x1=0, x2=0, y1=0, y2=height, class_="cursor"),
    ]
    label = f"{title}: {', '.join(line.name for line in lines)}, over steps"
    chart = [_heights(ticks, height), _plot(shapes, height, label)]
    return el(
        "div",
        el("h3", title, el("small", " (log)") if axis.log else None),
        el("div", *chart, _steps(across, 5 if height < SMALL else 7), class_="chart"),
        class_="panel",
    )


def _plot(shapes: Sequence[Html], height: int, label: str) -> Html:
    return el(
        "svg",
        *shapes,
        viewBox=f"0 0 {WIDE} {height}",
        preserveAspectRatio="none",
        height=height,
        role="img",
        aria_label=label,
        class_="plot",
    )


def legend(lines: Sequence[Line], group: str) -> Html:
    """The legend: for each line, a checkbox that hides it, and its value at the cursor's step."""
    return el("ul", *(_entry(line, group) for line in lines), class_="legend")


def read_out(group: str, steps: Values, label: str) -> Html:
    """A slider over the steps that shows the values of all lines of a group."""
    last = max(0, len(steps) - 1)
    slider = el("input", type="range", min=0, max=last, value=last, class_="reader",
                data_group=group, aria_label=label)  # fmt: skip
    at = el("output", f"step {format_number(steps[-1] or 0)}" if steps else "", class_="at")
    return el("p", slider, at, class_="read needs-script")


def data(steps: Values, lines: Mapping[str, Values]) -> dict[str, object]:
    """The values that the slider shows, with four digits."""
    return {
        "steps": [*steps],
        "lines": {visible(k): [_short(v) for v in each] for k, each in lines.items()},
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def across_steps(steps: Values) -> Axis:
    """The axis from the first step to the last; a single step is in its middle."""
    known = [step for step in steps if step is not None] or [0.0]
    low, high = min(known), max(known)
    return Axis(low, high) if high > low else Axis(low - 1, high + 1)


def draw_line(line: Line, steps: Values, across: Axis, axis: Axis, height: int) -> Iterator[Html]:
    """A line's shapes, WIDE units wide, with classes for its colour (`s0` ...) and dash (`d0` ...).

    across, axis: of steps and of values.
    """
    look = f"s{line.style % COLOURS} d{line.style // COLOURS % 3}"
    points = [_point(x, y, across, axis, height) for x, y in zip(steps, line.values, strict=True)]
    if line.low and line.high:
        low = [_point(x, y, across, axis, height) for x, y in zip(steps, line.low, strict=True)]
        high = [_point(x, y, across, axis, height) for x, y in zip(steps, line.high, strict=True)]
        yield el("path", d=_band(low, high), class_=f"band {look}", data_line=line.key)
        yield el("path", d=_whiskers(low, high), class_=f"whisker {look}", data_line=line.key)
    kind = "level" if line.level else "line"
    yield el("path", d=_path(points), class_=f"{kind} {look}", data_line=line.key)
    yield el("path", d=_dots(points), class_=f"dots {look}", data_line=line.key)


Point = tuple[float, float] | None


def _point(step: float | None, value: float | None, across: Axis, axis: Axis, height: int) -> Point:
    if step is None or value is None:
        return None
    return WIDE * across.share(step), height * (1 - axis.share(value))


def _pieces(points: Sequence[Point]) -> Iterator[list[tuple[float, float]]]:
    """Split points at the gaps."""
    piece: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            piece.append(point)
        elif piece:
            yield piece
            piece = []


def _path(points: Sequence[Point]) -> str:
    return "".join(
        "M" + "L".join(f"{coordinate(x)},{coordinate(y)}" for x, y in piece)
        for piece in _pieces(points)
        if len(piece) > 1
    )


def _dots(points: Sequence[Point]) -> str:
    """Dots for points that no line shows: single ones between gaps, or all of a short line."""
    few = len(points) <= 30
    lone = [p for piece in _pieces(points) if few or len(piece) == 1 for p in piece]
    return "".join(f"M{coordinate(x)},{coordinate(y)}h0" for x, y in lone)


def _band(low: Sequence[Point], high: Sequence[Point]) -> str:
    both = [None if a is None or b is None else (*a, *b) for a, b in zip(low, high, strict=True)]
    text, piece = [], []
    for pair in [*both, None]:
        if pair is not None:
            piece.append(pair)
            continue
        there = [f"{coordinate(x)},{coordinate(y)}" for x, y, _, _ in piece]
        back = [f"{coordinate(x)},{coordinate(y)}" for _, _, x, y in reversed(piece)]
        text += [f"M{'L'.join(there + back)}Z"] if len(piece) > 1 else []
        piece = []
    return "".join(text)


def _whiskers(low: Sequence[Point], high: Sequence[Point]) -> str:
    if len(low) > 30:
        return ""
    pairs = zip(low, high, strict=True)
    return "".join(
        f"M{coordinate(a[0])},{coordinate(a[1])}V{coordinate(b[1])}" for a, b in pairs if a and b
    )


def _heights(ticks: Sequence[tuple[float, float]], height: int) -> Html:
    texts = [
        el("text", format_number(value), x=44, y=coordinate(min(max(y, 5), height - 5)),
           dy="0.35em", text_anchor="end")
        for value, y in ticks
    ]  # fmt: skip
    return el("svg", *texts, width=48, height=height, class_="heights", aria_hidden="true")


def _steps(across: Axis, most: int) -> Html:
    shares = [(value, across.share(value)) for value in across.ticks(most)]
    texts = [
        el("text", format_number(value), x=f"{100 * at:.2f}%", y=13, text_anchor=anchor(at))
        for value, at in shares
    ]
    return el("svg", *texts, height=18, class_="steps", aria_hidden="true")


def anchor(at: float) -> str:
    """The alignment of a tick's text at a position of the axis, so that it stays in the picture."""
    return "start" if at < 0.04 else "end" if at > 0.96 else "middle"


def _entry(line: Line, group: str) -> Html:
    last = next((v for v in reversed(line.values) if v is not None), None)
    swatch = el("span", class_=f"swatch s{line.style % COLOURS} d{line.style // COLOURS % 3}",
                aria_hidden="true")  # fmt: skip
    box = el("input", type="checkbox", checked=True, class_="toggle needs-script",
             data_group=group, data_line=line.key)  # fmt: skip
    value = el("span", format_value(last), class_="value", data_line=line.key)
    return el("li", el("label", box, swatch, line.name), " ", value)


def format_value(value: float | None) -> str:
    """A value as the legend shows it."""
    return "–" if value is None else f"{value:.4g}"


def coordinate(value: float) -> str:
    """A coordinate as text, with one decimal."""
    return f"{value:.1f}".removesuffix(".0")
