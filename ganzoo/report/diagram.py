"""The objective as a diagram, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganzoo.report.diagram_layout import Place, Route, lay_out
from ganzoo.report.html import Html, el
from ganzoo.report.wiring import LINE, PADDING, Wiring, graph

LEGEND = {
    "variable": "data",
    "latent": "latent",
    "generator": "generator",
    "module": "module",
    "discriminator": "discriminator",
    "loss": "loss",
}


def diagram(wiring: Wiring) -> Html:
    """The diagram in a box that scrolls, a key to its colours, and the wires in words.

    The diagram runs from left to right and shows each expression once.
    """
    layout = lay_out(graph(wiring))
    width, height = (f"{size:.0f}" for size in (layout.width, layout.height))
    drawing = el(
        "svg",
        el("title", "The objective as a diagram", id="diagram-title"),
        el("desc", " ".join(words(wiring)), id="diagram-words"),
        el("defs", _arrow_head()),
        el("g", *map(_route, layout.routes)),
        *map(_box, layout.places.values()),
        role="img",
        aria_labelledby="diagram-title diagram-words",
        class_="diagram",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )
    kinds = {place.box.kind for place in layout.places.values()}
    return el(
        "figure",
        el("div", drawing, class_="scroll", tabindex=0, role="group", aria_label="Diagram"),
        el("figcaption", *(_key(kind) for kind in LEGEND if kind in kinds)),
        el(
            "details",
            el("summary", "The diagram in words"),
            el("ul", *(el("li", line) for line in words(wiring))),
        ),
    )


def words(wiring: Wiring) -> Iterator[str]:
    """A sentence for each term: `cycle_X (30 l1): prediction F(G(x)), target x.`."""
    for term in wiring.terms:
        wires = ", ".join(f"{name} {wire}" for name, wire in term.wires.items())
        note = f" ({term.note})" if term.note else ""
        yield f"{term.name}{note}: {wires}."


def _key(kind: str) -> Html:
    swatch = el("span", class_=f"swatch k-{kind}", aria_hidden="true")
    return el("span", swatch, LEGEND[kind], class_="key")


def _arrow_head() -> Html:
    return el(
        "marker",
        el("path", d="M0,0 L8,4 L0,8 Z"),
        id="arrow",
        viewBox="0 0 8 8",
        refX=7,
        refY=4,
        markerWidth=7,
        markerHeight=7,
        orient="auto",
    )


def _route(route: Route) -> Html:
    arrow = route.arrow
    return el("path", d=_path(route.points), class_="arrow", data_from=arrow.source,
              data_to=arrow.target, marker_end="url(#arrow)")  # fmt: skip


def _path(points: Sequence[tuple[float, float]]) -> str:
    """An arrow's path: straight across a column, a curve with level ends between two columns."""
    (x, y), *rest = points
    commands, straight = [f"M{x:.1f},{y:.1f}"], True
    for right, level in rest:
        if straight:
            commands.append(f"L{right:.1f},{level:.1f}")
        else:
            middle = (x + right) / 2
            commands.append(
                f"C{middle:.1f},{y:.1f} {middle:.1f},{level:.1f} {right:.1f},{level:.1f}"
            )
        x, y, straight = right, level, not straight
    return " ".join(commands)


def _box(place: Place) -> Html:
    box, x, y = place.box, place.x, place.y
    pill = box.height / 2 if box.kind in ("variable", "latent") else 6
    shape = el("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{box.width:.1f}",
               height=f"{box.height:.1f}", rx=f"{pill:.1f}")  # fmt: skip
    written = LINE * (len(box.lines) + len(box.ports))
    top = y + (box.height - written) / 2
    lines = [_line(text, place, top, row) for row, text in enumerate(box.lines)]
    ports = [_port(name, x, y + box.port(number)) for number, name in enumerate(box.ports)]
    return el("g", el("title", box.key), shape, *lines, *ports, class_=f"box k-{box.kind}",
              data_key=box.key)  # fmt: skip


def _line(text: str, place: Place, top: float, row: int) -> Html:
    left = bool(place.box.ports)
    x = place.x + (PADDING if left else place.box.width / 2)
    anchor = "start" if left else "middle"
    size = "large" if row == 0 else "small"
    y = top + LINE * (row + 0.5)
    return el(
        "text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, dy="0.35em", class_=size
    )


def _port(name: str, x: float, y: float) -> Html:
    dot = el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.5)
    text = el("text", name, x=f"{x + PADDING:.1f}", y=f"{y:.1f}", dy="0.35em", class_="small port")
    return el("g", dot, text)
