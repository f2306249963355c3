"""losses.svg: the losses of a run as one picture, in the style of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import cut
from ganzoo.files.writing import write_text
from ganzoo.report.axes import Axis, Values, axis_of, format_number
from ganzoo.report.charts import COLOURS, WIDE, Line, across_steps, anchor, coordinate, draw_line
from ganzoo.report.curve_sections import loss_curves, term_styles
from ganzoo.report.html import Html, el
from ganzoo.report.svg_file import svg_file

LEFT, RIGHT = 76, 264  # of a panel's plot: room for its ticks, and for its legend
ABOVE, BELOW = 46, 34
ENTRY = 22  # the height of a line of the legend
SMALLEST = 200  # the height of a plot
LONGEST = 28  # letters of a term that fit into the legend


def plot_losses(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a panel for each player and a line for each term (means before weights), as SVG.

    records: the entries of log.jsonl; if a step occurs twice, the later one counts. Values that are
        missing or not finite leave gaps. Without entries nothing is written.

    Raises:
        OSError: the file cannot be written.
    """
    ordered = [record for _, record in sorted({r["step"]: r for r in records}.items())]
    steps, curves = loss_curves(ordered)
    if curves:
        write_text(path, draw_losses(steps, curves))


def draw_losses(steps: Values, curves: Mapping[str, Mapping[str, Values]]) -> str:
    """The text of an SVG file with a panel for each player.

    curves: for each player and term, a value for each of `steps`; None is a gap.
    """
    styles, top, panels = term_styles(curves), 0, []
    for player, terms in curves.items():
        lines = [Line(f"{player}/{t}", t, values, styles[t]) for t, values in terms.items()]
        height = max(SMALLEST, ENTRY * len(lines))
        shapes = _panel(player, steps, lines, height)
        panels.append(el("g", *shapes, transform=f"translate({LEFT} {top + ABOVE})"))
        top += ABOVE + height + BELOW
    label = f"Losses of {', '.join(curves)}, over steps"
    return svg_file(panels, LEFT + WIDE + RIGHT, top, label)


def _panel(player: str, steps: Values, lines: Sequence[Line], height: int) -> Iterator[Html]:
    """A panel's shapes; the upper left corner of the plot is the origin."""
    axis = axis_of(value for line in lines for value in line.values)
    across = across_steps(steps)
    what = f"mean loss, before weights{' (log)' if axis.log else ''}"
    yield el("text", player, x=0, y=-18, class_="title")
    yield el("text", what, x=WIDE, y=-18, text_anchor="end", class_="soft")
    yield from _heights(axis, height)
    yield from _steps(across, height)
    for line in lines:
        yield from draw_line(line, steps, across, axis, height)
    yield el("path", d=f"M0,0V{height}H{WIDE}", class_="edge")
    for place, line in enumerate(lines):
        yield from _legend_entry(line, ENTRY * place + 10)


def _heights(axis: Axis, height: int) -> Iterator[Html]:
    for value in axis.ticks(height // 25):
        y = coordinate(height * (1 - axis.share(value)))
        yield el("line", x1=0, x2=WIDE, y1=y, y2=y, class_="rule")
        yield el("text", format_number(value), x=-8, y=y, dy="0.35em", text_anchor="end",
                 class_="soft")  # fmt: skip


def _steps(across: Axis, height: int) -> Iterator[Html]:
    for value in across.ticks():
        share = across.share(value)
        yield el("text", format_number(value), x=coordinate(WIDE * share), y=height + 18,
                 text_anchor=anchor(share), class_="soft")  # fmt: skip
    yield el("text", "steps", x=WIDE + 20, y=height + 18, class_="soft")


def _legend_entry(line: Line, y: int) -> Iterator[Html]:
    look = f"line s{line.style % COLOURS} d{line.style // COLOURS % 3}"
    yield el("path", d=f"M{WIDE + 20},{y}h24", class_=look)
    yield el("text", cut(line.name, LONGEST), x=WIDE + 52, y=y, dy="0.35em")
