"""Pictures as separate SVG files, in the style of the report."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ganzoo.report.charts import COLOURS
from ganzoo.report.html import Html, el, read_asset

# Not every program that shows SVG knows CSS variables, so colours are written out.
STYLE = """
text { font: 13px "DejaVu Sans", Verdana, Arial, sans-serif; fill: %(ink)s; }
.title { font-size: 15px; font-weight: bold; }
.soft { fill: %(soft)s; }
.card { fill: %(card)s; }
.rule { stroke: %(rule)s; stroke-width: 1; }
.edge { fill: none; stroke: %(soft)s; stroke-width: 1; }
.ink { fill: none; stroke: %(ink)s; stroke-width: 1.5; }
.line, .dots { fill: none; stroke-linejoin: round; }
.line { stroke-width: 1.7; }
.dots { stroke-width: 5; stroke-linecap: round; }
.whisker { stroke-width: 1.7; }
.level { stroke-width: 1.3; stroke-dasharray: 5 4; }
.base { stroke: %(soft)s; }
.leader { stroke: %(soft)s; stroke-width: 1; }
.label text { paint-order: stroke; stroke: %(card)s; stroke-width: 4px; stroke-linejoin: round; }
circle.base, .label.base text { fill: %(soft)s; }
.line.d1 { stroke-dasharray: 7 3; }
.line.d2 { stroke-dasharray: 2 3; }
"""


def svg_file(shapes: Iterable[Html], width: int, height: int, label: str) -> str:
    """The text of an SVG file, whose shapes have the classes of a report's charts.

    width, height: in pixels. label: what the picture shows, for those who cannot see it.
    """
    picture = el(
        "svg",
        el("style", Html(_style())),
        el("rect", width=width, height=height, class_="card"),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=label,
    )
    return f"{picture}\n".encode("utf-8", "replace").decode()


def _style() -> str:
    """The style sheet of an SVG file, in the report's light colours."""
    colours = dict(re.findall(r"--(\w+): (#\w+);", read_asset("style.css").partition("@media")[0]))
    numbered = ((n, colours[f"c{n}"]) for n in range(COLOURS))
    return STYLE % colours + "".join(
        f".s{n} {{ stroke: {colour}; }}\n"
        f".bar.s{n}, circle.s{n}, .label.s{n} text {{ fill: {colour}; }}\n"
        for n, colour in numbered
    )
