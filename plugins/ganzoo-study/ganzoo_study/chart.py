"""The scores as bars with their intervals, as an SVG file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ganzoo.errors import cut
from ganzoo.files.writing import write_text
from ganzoo.report.axes import Axis, format_number
from ganzoo.report.html import Html, el
from ganzoo.report.svg_file import svg_file

from ganzoo_study.scoring import Score

LEFT, WIDE, RIGHT = 240, 560, 30
ABOVE, BELOW = 16, 54
ROW, BAR = 40, 24  # the height of a method's row, and of its bar
LONGEST = 28  # letters of a method that fit
GUESSING = 50


def draw_scores(scores: Mapping[str, Score], path: Path) -> None:
    """Draw a bar a method, its 95 % interval, and what guessing gives, as SVG.

    Raises:
        OSError: the file cannot be written.
    """
    highest = max(100 * s.high for s in scores.values())
    axis = Axis(0.0, min(100.0, max(60.0, highest * 1.05)))
    height = ROW * len(scores)
    shapes = [*_frame(axis, height), *_bars(axis, scores)]
    plot = el("g", *shapes, transform=f"translate({LEFT} {ABOVE})")
    label = f"% labelled real: {', '.join(scores)}"
    size = LEFT + WIDE + RIGHT, ABOVE + height + BELOW
    write_text(path, svg_file([plot], *size, label))


def _at(axis: Axis, value: float) -> float:
    return round(WIDE * axis.share(value), 1)


def _frame(axis: Axis, height: int) -> Iterator[Html]:
    for value in axis.ticks():
        x = _at(axis, value)
        yield el("line", x1=x, x2=x, y1=0, y2=height, class_="rule")
        yield el("text", format_number(value), x=x, y=height + 18, text_anchor="middle",
                 class_="soft")  # fmt: skip
    caption = "% labelled real, with 95 % intervals; dashed: guessing"
    yield el("text", caption, x=WIDE / 2, y=height + 42, text_anchor="middle", class_="soft")


def _bars(axis: Axis, scores: Mapping[str, Score]) -> Iterator[Html]:
    for place, (name, score) in enumerate(scores.items()):
        middle = ROW * place + ROW / 2
        yield el("text", cut(name, LONGEST), x=-10, y=middle, dy="0.35em", text_anchor="end")
        yield el("rect", x=0, y=middle - BAR / 2, width=_at(axis, 100 * score.share), height=BAR,
                 class_="bar s0", fill_opacity=0.6)  # fmt: skip
        low, high = (_at(axis, 100 * min(max(v, 0.0), 1.0)) for v in (score.low, score.high))
        ends = "".join(f"M{x},{middle - 5}v10" for x in (low, high))
        yield el("path", d=f"M{low},{middle}H{high}{ends}", class_="ink")
    x = _at(axis, GUESSING)
    yield el("path", d=f"M{x},0V{ROW * len(scores)}", class_="ink", stroke_dasharray="6 4")
