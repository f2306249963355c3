"""losses.svg: its curves read back from the file, and its look in a browser."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ganzoo.report.axes import axis_of
from ganzoo.report.loss_plot import plot_losses

SVG = "{http://www.w3.org/2000/svg}"


def entry(step: int, **players: dict[str, float | None]) -> dict[str, object]:
    return {"step": step, "epoch": 0, "images": step, "losses": players, "nonfinite": 0}


def drawn(path: Path, entries: list[dict[str, object]]) -> list[ET.Element]:
    """The panels of the picture of some entries."""
    plot_losses(entries, path)
    return ET.parse(path).getroot().findall(f"{SVG}g")


def texts(panel: ET.Element) -> list[str]:
    return [text.text or "" for text in panel.findall(f"{SVG}text")]


def curve(panel: ET.Element, key: str, kind: str = "line") -> tuple[str, list[list[list[float]]]]:
    """The classes of a curve, and the points of each of its pieces."""
    paths = [p for p in panel.findall(f"{SVG}path") if p.get("data-line") == key]
    (path,) = (p for p in paths if (p.get("class") or "").startswith(kind))
    pieces = [piece for piece in (path.get("d") or "").split("M") if piece]
    points = [[[float(n) for n in p.split(",")] for p in re.split("L", piece)] for piece in pieces]
    return path.get("class") or "", points


def test_a_panel_a_player_and_a_line_a_term(tmp_path: Path) -> None:
    entries = [
        entry(50, generators={"_gan": 1.0, "l1": 0.5}, discriminators={"_gan": 0.25}),
        entry(150, generators={"_gan": 3.0, "l1": 0.125}, discriminators={"_gan": 0.5}),
        entry(100, generators={"_gan": math.nan, "l1": None}, discriminators={"_gan": 7.0}),
        entry(100, generators={"_gan": 2.0, "l1": math.inf}, discriminators={"_gan": 0.75}),
    ]
    first, second = drawn(tmp_path / "losses.svg", entries)
    assert [file.name for file in tmp_path.iterdir()] == ["losses.svg"]
    assert (texts(first)[0], texts(second)[0]) == ("generators", "discriminators")
    assert texts(first)[-2:] == ["_gan", "l1"]
    axis = axis_of([1.0, 2.0, 3.0, 0.5, 0.125])
    look, pieces = curve(first, "generators/_gan")
    heights = [200 * (axis.high - value) / (axis.high - axis.low) for value in (1, 2, 3)]
    expected = [[x, y] for x, y in zip((0, 500, 1000), heights, strict=True)]
    assert pieces == [[pytest.approx(point, abs=0.06) for point in expected]]
    assert curve(first, "generators/l1")[1] == []  # two points with a gap between them
    alone = [p for p in first.findall(f"{SVG}path") if p.get("class") == "dots s1 d0"]
    assert [(p.get("d") or "").count("h0") for p in alone] == [2]
    assert curve(second, "discriminators/_gan")[0] == look
    assert curve(first, "generators/l1")[0] != look


@pytest.mark.parametrize(
    ("values", "is_log"),
    [([1.0, 0.009], True), ([1.0, 0.011], False), ([1.0, 0.0], False), ([-1, 1], False)],
)
def test_a_wide_range_gets_a_logarithmic_axis(values, is_log, tmp_path: Path) -> None:
    entries = [entry(step, generators={"l1": value}) for step, value in enumerate(values)]
    (panel,) = drawn(tmp_path / "p.svg", entries)
    assert texts(panel)[1] == f"mean loss, before weights{' (log)' if is_log else ''}"


def test_many_entries_are_averaged_and_gaps_stay(tmp_path: Path) -> None:
    values = [1.0, 3.0] * 500
    values[10] = math.nan
    entries = [entry(step, generators={"l1": value}) for step, value in enumerate(values)]
    (panel,) = drawn(tmp_path / "p.svg", entries)
    first, second = curve(panel, "generators/l1")[1]
    assert (len(first), len(second)) == (5, 494)
    assert len({y for _, y in (*first, *second)}) == 1
    assert [x for x, _ in first[:2]] == pytest.approx([0, 1000 / 499], abs=0.06)


def test_nothing_finite_and_nothing_at_all(tmp_path: Path) -> None:
    plot_losses([], tmp_path / "none.svg")
    assert not (tmp_path / "none.svg").exists()
    (panel,) = drawn(tmp_path / "nan.svg", [entry(1, generators={"l1": math.nan})])
    assert texts(panel)[-1] == "l1"


def test_names_are_escaped_cut_and_told_apart(tmp_path: Path) -> None:
    terms = {"<b>&\x1b\ud800": 1.0, "x" * 60: 2.0, **{f"t{n}": n + 3.0 for n in range(23)}}
    (panel,) = drawn(tmp_path / "p.svg", [entry(1, **{"<g>": terms}), entry(2, **{"<g>": terms})])
    assert texts(panel)[0] == "<g>"
    shown = texts(panel)[-25:]
    assert shown[0].startswith("<b>&")
    assert "\x1b" not in shown[0]
    assert shown[1] == f"{'x' * 25}..."
    looks = {curve(panel, f"<g>/{name}")[0] for name in terms if name.startswith("t")}
    assert len(looks) == 23  # eight colours by three dashes; the 25th looks like the first again
    assert curve(panel, "<g>/t22")[0] == "line s0 d0"


def test_a_browser_draws_it_within_its_edges(browser, tmp_path: Path) -> None:
    """Every text and curve lies in the picture, no two texts of a panel overlap, colours differ."""
    terms = {"x" * 60: 0.5, "adversarial_Y": 123456.0, "cycle_X": 1e-5}
    entries = [entry(s, generators=terms, discriminators={"d": 1.0 / s}) for s in (1, 9000, 123456)]
    plot_losses(entries, tmp_path / "losses.svg")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((tmp_path / "losses.svg").as_uri())
    boxes = page.evaluate("""() => [...document.querySelectorAll('text, path')].map(e => {
        const b = e.getBoundingClientRect();
        return [e.tagName, e.textContent, b.left, b.top, b.right, b.bottom] })""")
    width, height = page.evaluate(
        "() => { const b = document.documentElement.getBoundingClientRect();"
        " return [b.width, b.height] }"
    )
    assert len(boxes) > 20
    for _, name, left, top, right, bottom in boxes:
        assert left >= 0 <= top, name
        assert right <= width, name
        assert bottom <= height, name
    words = [box[1:] for box in boxes if box[0] == "text"]
    for place, (one, left, top, right, bottom) in enumerate(words):
        for other, west, north, east, south in words[:place]:
            apart = right <= west or east <= left or bottom <= north or south <= top
            assert apart, (one, other)
    strokes = page.evaluate("""() => [...document.querySelectorAll('path.line')]
        .map(e => getComputedStyle(e).stroke)""")
    assert len({stroke for stroke in strokes if stroke != "none"}) == 4
    page.close()
