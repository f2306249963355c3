"""Realism against faithfulness as a picture: a point for each system, the better the more to the
upper right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganzoo.errors import cut
from ganzoo.evaluation.tradeoff import Aspect, Tradeoff
from ganzoo.report.axes import Axis, axis_of, format_number
from ganzoo.report.charts import COLOURS, anchor, coordinate
from ganzoo.report.html import Html, el
from ganzoo.report.label_places import Label, LabelPlace, around, place_labels
from ganzoo.report.plot_points import PlotPoint, numbered
from ganzoo.report.svg_file import svg_file

HEIGHT = 340
LONGEST = 28  # letters of a name in the plot
FILE_WIDTH, FILE_LEFT, FILE_TOP, FILE_LINE = 700, 70, 74, 20
# Where the name of a line across stands, and that of an upright one, from its top downwards.
FLAT = [
    place
    for dy in (-9, 9)
    for place in (LabelPlace(6, dy, "start", 0), LabelPlace(-6, dy, "end", 1))
]
UPRIGHT = [
    place
    for dy in range(10, HEIGHT, 18)
    for place in (LabelPlace(6, dy, "start"), LabelPlace(-6, dy, "end"))
]


@dataclass(frozen=True)
class _Frame:
    """The axes of a plot, both with their better end at the upper right."""

    tradeoff: Tradeoff
    across: Axis
    up: Axis

    def x(self, value: float) -> float:
        """The share of the width."""
        share = self.across.share(value)
        return share if self.tradeoff.faithfulness.higher_is_better else 1 - share

    def y(self, value: float) -> float:
        """Pixels from above."""
        share = self.up.share(value)
        return HEIGHT * (1 - share if self.tradeoff.realism.higher_is_better else share)


def tradeoff_chart(tradeoff: Tradeoff, points: Sequence[PlotPoint]) -> Html:
    """The chart of an output for a page, with both axes in words and a legend."""
    frame, texts = _frame(tradeoff, points), [*_axis_words(tradeoff)]
    plot = el("svg", *_shapes(frame, points), height=HEIGHT, role="img", class_="plot scatter",
              aria_label=f"{tradeoff.output}: {'; '.join(texts)}")  # fmt: skip
    ticks = frame.up.ticks(6)
    heights = [
        el("text", format_number(v), x=44, y=coordinate(min(max(frame.y(v), 5), HEIGHT - 5)),
           dy="0.35em", text_anchor="end")
        for v in ticks
    ]  # fmt: skip
    sides = el("svg", *heights, width=48, height=HEIGHT, class_="heights", aria_hidden="true")
    below = el("svg", *_steps(frame, 13), height=18, class_="steps", aria_hidden="true")
    return el(
        "div",
        el("p", f"↑ {texts[0]}", class_="note"),
        el("div", sides, plot, below, class_="chart"),
        el("p", f"→ {texts[1]}", class_="note across"),
        el("ul", *map(_entry, numbered(points)), class_="legend"),
        class_="panel tradeoff",
    )


def tradeoff_file(tradeoff: Tradeoff, points: Sequence[PlotPoint]) -> str:
    """The text of an SVG file of the chart."""
    frame, (up, across) = _frame(tradeoff, points), _axis_words(tradeoff)
    bottom = FILE_TOP + HEIGHT
    ticks = [(frame.y(v), format_number(v)) for v in frame.up.ticks(6)]
    shapes = [
        el("text", f"{tradeoff.output}: realism against faithfulness", x=16, y=28, class_="title"),
        el("text", f"↑ {up}", x=16, y=54, class_="soft"),
        *(el("text", text, x=FILE_LEFT - 8, y=coordinate(FILE_TOP + y), dy="0.35em",
             text_anchor="end", class_="soft") for y, text in ticks),
        el("svg", *_shapes(frame, points), x=FILE_LEFT, y=FILE_TOP, width=FILE_WIDTH, height=HEIGHT,
           overflow="visible"),
        el("rect", x=FILE_LEFT, y=FILE_TOP, width=FILE_WIDTH, height=HEIGHT, class_="edge"),
        el("svg", *_steps(frame, 16), x=FILE_LEFT, y=bottom, width=FILE_WIDTH, height=24,
           overflow="visible", class_="soft"),
        el("text", f"→ {across}", x=FILE_LEFT, y=bottom + 44, class_="soft"),
    ]  # fmt: skip
    y = bottom + 76
    for point in numbered(points):
        shapes.append(el("circle", cx=FILE_LEFT + 5, cy=y - 4, r=5, class_=_look(point)))
        shapes.append(el("text", point.describe(), x=FILE_LEFT + 18, y=y))
        y += FILE_LINE
    label = f"{tradeoff.output}: {up}; {across}"
    return svg_file(shapes, FILE_LEFT + FILE_WIDTH + 40, y, label)


def _frame(tradeoff: Tradeoff, points: Sequence[PlotPoint]) -> _Frame:
    across = axis_of((v for p in points if p.faithfulness for v in p.faithfulness.ends), log=False)
    up = axis_of((v for p in points if p.realism for v in p.realism.ends), log=False)
    return _Frame(tradeoff, across, up)


def _axis_words(tradeoff: Tradeoff) -> Iterator[str]:
    """What the axes say, the one upwards first."""
    yield f"higher: more like real images ({_score_words(tradeoff.realism)})"
    yield f"further right: keeps more of its input ({_score_words(tradeoff.faithfulness)})"


def _score_words(aspect: Aspect) -> str:
    return f"{aspect.words}; {'higher' if aspect.higher_is_better else 'lower'} is better"


def _shapes(frame: _Frame, points: Sequence[PlotPoint]) -> Iterator[Html]:
    """All that is inside of the plot; places across are shares of its width."""
    for value in frame.up.ticks(6):
        y = coordinate(frame.y(value))
        yield el("line", x1="0%", x2="100%", y1=y, y2=y, class_="rule")
    for value in frame.across.ticks(5):
        x = _percent(frame.x(value))
        yield el("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_="rule")
    for point in points:
        yield from _lines(frame, point)
    labels, places = _labels(frame, points)
    for point in points:
        if point.faithfulness and point.realism:
            at = {"x": _percent(frame.x(point.faithfulness.value))}
            at["y"] = coordinate(frame.y(point.realism.value))
            dot = el("circle", r=5, class_=_look(point))
            yield el("svg", dot, **at, overflow="visible")
    for point, label, place in zip(points, labels, places, strict=True):
        leader = el("line", x1=0, y1=0, x2=0.8 * place.dx, y2=0.8 * place.dy, class_="leader")
        text = el("text", label.text, x=place.dx, y=place.dy, dy="0.35em",
                  text_anchor=place.anchor)  # fmt: skip
        far = label.places is not UPRIGHT and max(abs(place.dx), abs(place.dy)) > 15
        x = _percent(label.x if place.x is None else place.x)
        yield el("svg", leader if far else None, text, x=x, y=coordinate(label.y),
                 overflow="visible", class_=f"label {_colour(point)}")  # fmt: skip


def _lines(frame: _Frame, point: PlotPoint) -> Iterator[Html]:
    """The intervals of a point; the line of a baseline of which one score is known."""
    look, one, other = _look(point), point.faithfulness, point.realism
    if one and other:
        x, y = _percent(frame.x(one.value)), coordinate(frame.y(other.value))
        if one.low is not None and one.high is not None:
            ends = _percent(frame.x(one.low)), _percent(frame.x(one.high))
            yield el("line", x1=ends[0], x2=ends[1], y1=y, y2=y, class_=f"whisker {look}")
        if other.low is not None and other.high is not None:
            tops = coordinate(frame.y(other.low)), coordinate(frame.y(other.high))
            yield el("line", x1=x, x2=x, y1=tops[0], y2=tops[1], class_=f"whisker {look}")
    elif one:
        x = _percent(frame.x(one.value))
        yield el("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_=f"level {look}")
    elif other:
        y = coordinate(frame.y(other.value))
        yield el("line", x1="0%", x2="100%", y1=y, y2=y, class_=f"level {look}")


def _labels(frame: _Frame, points: Sequence[PlotPoint]) -> tuple[list[Label], list[LabelPlace]]:
    """The labels and their places: names, or numbers where names have no room."""
    dots = [
        (frame.x(p.faithfulness.value), frame.y(p.realism.value))
        for p in points
        if p.faithfulness and p.realism
    ]
    names = [_label(frame, point, cut(point.name, LONGEST)) for point in points]
    numbers = [_label(frame, p, str(number)) for number, p in enumerate(points, 1)]
    for labels in (names, numbers):
        places = place_labels(labels, dots, HEIGHT)
        if places is not None:
            return labels, places
    return numbers, [label.places[0] for label in numbers]


def _label(frame: _Frame, point: PlotPoint, text: str) -> Label:
    one, other = point.faithfulness, point.realism
    if one and other:
        return Label(text, frame.x(one.value), frame.y(other.value), around())
    if one:
        return Label(text, frame.x(one.value), 0, UPRIGHT)
    return Label(text, 0, frame.y(other.value) if other else 0, FLAT)


def _steps(frame: _Frame, y: float) -> list[Html]:
    shares = [(value, frame.x(value)) for value in frame.across.ticks(5)]
    return [
        el("text", format_number(value), x=_percent(at), y=y, text_anchor=anchor(at))
        for value, at in shares
    ]


def _entry(point: PlotPoint) -> Html:
    dot = el("svg", el("circle", cx=6, cy=6, r=5, class_=_look(point)), width=12, height=12,
             aria_hidden="true")  # fmt: skip
    return el("li", el("label", dot, point.describe()))


def _look(point: PlotPoint) -> str:
    return f"dot {_colour(point)}"


def _colour(point: PlotPoint) -> str:
    return "base" if point.style is None else f"s{point.style % COLOURS}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
