"""losses.svg: the losses of a run as one picture, in the look of the report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import cut
from ganzoo.files.writing import write_text
from ganzoo.report.axes import Axis, Values, axis_of, format_number
from ganzoo.report.charts import COLOURS, WIDE, Line, across_steps, anchor, coordinate, draw_line
from ganzoo.report.html import Html, el, read_asset
from ganzoo.report.losses import loss_curves, term_styles

LEFT, RIGHT = 76, 264  # of a panel's plot: room for its ticks, and for its legend
ABOVE, BELOW = 46, 34
ENTRY = 22  # the height of a line of the legend
SMALLEST = 200  # the height of a plot
LONGEST = 28  # letters of a term that fit into the legend

# Not every program that shows SVG knows CSS variables, so colours are written out.
STYLE = """
text { font: 13px "DejaVu Sans", Verdana, Arial, sans-serif; fill: %(ink)s; }
.title { font-size: 15px; font-weight: bold; }
.soft { fill: %(soft)s; }
.card { fill: %(card)s; }
.rule { stroke: %(rule)s; stroke-width: 1; }
.edge { fill: none; stroke: %(soft)s; stroke-width: 1; }
.line, .dots { fill: none; stroke-linejoin: round; }
.line { stroke-width: 1.7; }
.dots { stroke-width: 5; stroke-linecap: round; }
.line.d1 { stroke-dasharray: 7 3; }
.line.d2 { stroke-dasharray: 2 3; }
"""


def plot_losses(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a panel a player and a line a term (means before weights, over steps), as SVG.

    records: the entries of log.jsonl; where a step occurs twice, the later one counts. Values that
        are missing or not finite leave gaps. Without entries nothing is written.

    Raises:
        OSError: the file cannot be written.
    """
    ordered = [record for _, record in sorted({r["step"]: r for r in records}.items())]
    steps, curves = loss_curves(ordered)
    if curves:
        write_text(path, draw_losses(steps, curves))


def draw_losses(steps: Values, curves: Mapping[str, Mapping[str, Values]]) -> str:
    """An SVG document with a panel a player.

    steps: where the values are. curves: for each player and term a value a step, None for a gap.
    """
    styles, top, panels = term_styles(curves), 0, []
    for player, terms in curves.items():
        lines = [Line(f"{player}/{t}", t, values, styles[t]) for t, values in terms.items()]
        height = max(SMALLEST, ENTRY * len(lines))
        shapes = _panel(player, steps, lines, height)
        panels.append(el("g", *shapes, transform=f"translate({LEFT} {top + ABOVE})"))
        top += ABOVE + height + BELOW
    width = LEFT + WIDE + RIGHT
    picture = el(
        "svg",
        el("style", Html(_style())),
        el("rect", width=width, height=top, class_="card"),
        *panels,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {top}",
        width=width,
        height=top,
        role="img",
        aria_label=f"Losses of {', '.join(curves)}, over steps",
    )
    return f"{picture}\n".encode("utf-8", "replace").decode()


def _style() -> str:
    """The report's light colours, by the classes of what is drawn."""
    colours = dict(re.findall(r"--(\w+): (#\w+);", read_asset("style.css").partition("@media")[0]))
    curves = (f".s{n} {{ stroke: {colours[f'c{n}']}; }}\n" for n in range(COLOURS))
    return STYLE % colours + "".join(curves)


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
