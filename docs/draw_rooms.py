"""Draws docs/images/rooms.svg from the imports of ganzoo's packages: `python docs/draw_rooms.py`.

ORDER is the order of the house: a package imports only what stands above it (tests/test_rooms.py).
An arrow leads to what a package imports, unless that is imported on the way there, too.
"""

from __future__ import annotations

import ast
import os
from html import escape
from pathlib import Path
from textwrap import shorten

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ganzoo"
PICTURE = ROOT / "docs" / "images" / "rooms.svg"
DOOR = ("__init__", "__main__")
ORDER = (
    *("errors", "files", "printing", "expression", "interfaces", "registry", "recipe"),
    *("components", "datasets", "engine", "runs", "inference", "inspection", "builder"),
    *("importing", "evaluation", "benchmarking", "report", "launch", "training", "compare"),
    *("sharing", "planning", "reproduce", "demo", "testing", "cli"),
)
WIDTH, HEIGHT, GAP, MARGIN = 620, 34, 12, 16
STEP = 13  # between two arrows that run beside each other


def rooms() -> dict[str, set[str]]:
    """The packages and loose modules, and which of the others each imports."""
    packages: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = str(path.relative_to(PACKAGE)).partition(os.sep)[0].removesuffix(".py")
        if room not in DOOR and room != "templates":
            packages.setdefault(room, set()).update(imported(path) - {room, *DOOR})
    return {room: others & packages.keys() for room, others in packages.items()}


def imported(path: Path) -> set[str]:
    """The packages of ganzoo that a file imports, at any depth."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("ganzoo.")}


def needed(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports that do not follow from others."""
    reached: dict[str, set[str]] = {}
    for room in ORDER:
        reached[room] = graph[room].union(*(reached[other] for other in graph[room]))
    return {
        room: {o for o in others if not any(o in reached[other] for other in others)}
        for room, others in graph.items()
    }


def purpose(room: str) -> str:
    """The first sentence of a package's docstring."""
    folder = PACKAGE / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0].rstrip(".").split(". ")[0]


def picture(graph: dict[str, set[str]]) -> str:
    """The drawing, as SVG that can be read on a light or a dark page."""
    top = {room: MARGIN + place * (HEIGHT + GAP) for place, room in enumerate(ORDER)}
    arrows = sorted(
        ((room, other) for room, others in needed(graph).items() for other in others),
        key=lambda arrow: (top[arrow[0]] - top[arrow[1]], top[arrow[0]]),
    )
    lanes = [
        STEP * (number % 14 + 1) if top[a] - top[b] > HEIGHT + GAP else 0
        for number, (a, b) in enumerate(arrows)
    ]
    wide = MARGIN * 2 + WIDTH + max(lanes, default=0) + STEP
    pieces = [_box(room, top[room]) for room in ORDER]
    pieces += [_arrow(top[a], top[b], lane) for (a, b), lane in zip(arrows, lanes, strict=True)]
    high = MARGIN + len(ORDER) * (HEIGHT + GAP)
    return _page(wide, high, pieces)


def _page(wide: int, high: int, pieces: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" font-family="sans-serif" role="img">\n'
        "<title>The packages of ganzoo, each below all that it imports</title>\n"
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#4a6a8a"/></marker></defs>\n'
        + "\n".join(pieces)
        + "\n</svg>\n"
    )


def _box(room: str, top: int) -> str:
    middle = top + HEIGHT / 2 + 5
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="5" '
        'fill="#eef3f8" stroke="#9db4ca"/>'
        f'<text x="{MARGIN + 12}" y="{middle:g}" font-size="15" font-weight="bold" '
        f'fill="#1f3245">{escape(room)}</text>'
        f'<text x="{MARGIN + 125}" y="{middle:g}" font-size="12" fill="#33475b">'
        f"{escape(shorten(purpose(room), 76, placeholder=' ...'))}</text>"
    )


def _arrow(start: int, end: int, lane: int) -> str:
    """From a box up to one that it imports, straight to its neighbour or along the right side."""
    style = 'fill="none" stroke="#4a6a8a" marker-end="url(#tip)"'
    if not lane:
        x = MARGIN + WIDTH / 2
        return f'<path d="M{x:g} {start}V{end + HEIGHT}" {style}/>'
    right = MARGIN + WIDTH
    out, into = start + HEIGHT * 0.35, end + HEIGHT * 0.65
    return f'<path d="M{right} {out:g}h{lane}V{into:g}H{right}" {style}/>'


if __name__ == "__main__":
    PICTURE.write_text(picture(rooms()), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))
