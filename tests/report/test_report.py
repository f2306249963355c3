"""The report's parts: the diagram's layout, axes, what is chosen, what is escaped."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from ganzoo import load_recipe
from ganzoo.expression import walk
from ganzoo.report.axes import Axis, axis_of, format_number, thin
from ganzoo.report.charts import Line, panel
from ganzoo.report.curve_sections import loss_curves, throughput
from ganzoo.report.diagram import diagram, words
from ganzoo.report.diagram_layout import lay_out
from ganzoo.report.embedded_images import choose
from ganzoo.report.facts import bare_facts, read_facts
from ganzoo.report.html import Html, el, embed, page
from ganzoo.report.picture_sections import extreme_file, extremes
from ganzoo.report.wiring import graph

RECIPES = sorted((Path(__file__).parent.parent.parent / "recipes").glob("*.toml"))


def wiring(recipe):
    return bare_facts(load_recipe(recipe).to_dict()).wiring


def test_a_cycle_by_hand(recipes):
    """x, y; G(x), F(y); F(G(x)), G(F(y)); D of two reals and two fakes; four losses."""
    drawn = graph(wiring(recipes / "cyclegan.toml"))
    layers = {}
    for key, box in drawn.boxes.items():
        layers.setdefault(box.layer, set()).add(key)
    assert layers == {
        0: {"x", "y"},
        1: {"G(x)", "F(y)"},
        2: {"F(G(x))", "G(F(y))"},
        3: {"D_Y(y)", "D_Y(G(x))", "D_X(x)", "D_X(F(y))"},
        4: {"loss: adversarial_Y", "loss: adversarial_X", "loss: cycle_X", "loss: cycle_Y"},
    }
    assert len(drawn.arrows) == 8 + 8  # an argument each call, two wires each loss
    assert {a.source for a in drawn.arrows if a.target == "loss: cycle_X"} == {"F(G(x))", "x"}
    assert drawn.boxes["D_Y(y)"].kind == "discriminator"
    assert drawn.boxes["G(x)"].lines == ("G", "G(x)", "output x2y")
    assert drawn.boxes["loss: cycle_X"].lines == ("cycle_X", "30 l1")
    assert drawn.boxes["loss: cycle_X"].ports == ("prediction", "target")


def test_few_lines_cross(recipes):
    """No two arrows of a plain GAN have to cross, and none do."""
    layout = lay_out(graph(wiring(recipes / "gan.toml")))
    ends = {(r.arrow.source, r.arrow.target): r.points for r in layout.routes}
    assert set(ends) == {
        *(("z", "G(z)"), ("G(z)", "D(G(z))"), ("y", "D(y)")),
        *(("D(y)", "loss: adversarial"), ("D(G(z))", "loss: adversarial")),
    }
    real, fake = layout.places["D(y)"], layout.places["D(G(z))"]
    assert real.y < fake.y  # as the ports of the loss stand


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_wire_is_drawn_and_nothing_overlaps(recipe):
    known = wiring(recipe)
    drawn = graph(known)
    for term in known.terms:
        for wire in term.wires.values():
            assert {str(part) for part in walk(wire)} <= set(drawn.boxes)
            assert any(a.source == str(wire) for a in drawn.arrows)
    live = [n for n, t in load_recipe(recipe).losses.items() if t.weight != 0]
    assert [key for key in drawn.boxes if key.startswith("loss: ")] == [f"loss: {n}" for n in live]
    layout = lay_out(drawn)
    for one, other in combinations(layout.places.values(), 2):
        assert apart(one, other), (one.box.key, other.box.key)
    for route in layout.routes:
        passed = [p for k, p in layout.places.items() if k not in ends_of(route)]
        assert not [p.box.key for p in passed if any(meets(p, *s) for s in straights(route))]
        xs = [x for x, _ in route.points]
        assert xs == sorted(xs)  # so curves stay between columns
    for place in layout.places.values():
        assert 0 <= place.x <= place.x + place.box.width <= layout.width
        assert 0 <= place.y <= place.y + place.box.height <= layout.height


def ends_of(route):
    return route.arrow.source, route.arrow.target


def apart(one, other):
    beside = one.x + one.box.width <= other.x or other.x + other.box.width <= one.x
    return beside or one.y + one.box.height <= other.y or other.y + other.box.height <= one.y


def straights(route):
    """The level pieces, which alone lie in columns."""
    return zip(route.points[:-1:2], route.points[1::2], strict=True)


def meets(place, start, end):
    inside = place.y < start[1] < place.y + place.box.height
    return inside and start[0] < place.x + place.box.width and end[0] > place.x


@pytest.mark.parametrize("name", ["cyclegan", "pix2pix", "bigan", "cogan", "simgan"])
def test_tables_alone_tell_the_same_wires(recipes, name):
    tables = load_recipe(recipes / f"{name}.toml").to_dict()
    exact, bare = read_facts(tables), bare_facts(tables)
    assert not exact.note
    there, here = graph(exact.wiring), graph(bare.wiring)
    assert list(there.boxes) == list(here.boxes)
    assert list(there.arrows) == list(here.arrows)
    critics = [{k for k, b in g.boxes.items() if b.kind == "discriminator"} for g in (there, here)]
    assert critics[0] == critics[1]
    assert [line.split()[0] for line in exact.objective[:1]] == [bare.objective[0].split()[0]]
    assert all(network.parameters for network in exact.networks if network.kind != "module")


def test_a_part_that_is_gone_is_told_and_the_rest_is_there(recipes):
    tables = load_recipe(recipes / "pix2pix.toml").to_dict()
    tables["networks"]["G"]["type"] = "gone.unet"
    known = read_facts(tables)
    assert "gone.unet" in known.note
    assert known.objective[1].split() == ["vanilla(D(x,", "y),", "D(x,", "G(x)))", "adversarial"]
    assert "D(x, G(x))" in graph(known.wiring).boxes


@pytest.mark.parametrize(
    "tables", [{}, {"losses": 3}, {"losses": {"a": {"type": "l1", "p": "G("}}}]
)
def test_tables_of_another_age_draw_what_they_can(tables):
    known = read_facts(tables)
    assert known.note
    assert diagram(known.wiring)


def test_the_diagram_in_words_and_its_names_escaped(recipes):
    tables = load_recipe(recipes / "pix2pix.toml").to_dict()
    tables["losses"]["<script>alert(1)</script>"] = tables["losses"].pop("reconstruction")
    known = bare_facts(tables).wiring
    assert "adversarial (vanilla): real D(x, y), fake D(x, G(x))." in list(words(known))
    drawn = diagram(known)
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_markup_is_escaped_by_construction():
    text = '<b> & "quotes"'
    assert el("p", text, title=text) == (
        '<p title="&lt;b&gt; &amp; &quot;quotes&quot;">&lt;b&gt; &amp; &quot;quotes&quot;</p>'
    )
    assert el("p", Html("<i>"), None, ["a", el("br")], hidden=True, id=None) == (
        "<p hidden><i>a<br></p>"
    )
    planted = embed("data", {"x": "</script><script>alert(1)</script><!--"})
    assert planted.count("<") == 2
    assert json.loads(planted[planted.index(">") + 1 : -len("</script>")]) == {
        "x": "</script><script>alert(1)</script><!--"
    }
    assert "\ud800" not in page("\ud800")


def test_ticks_are_round_and_in_the_range():
    assert Axis(0, 1).ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Axis(0, 2800).ticks() == [0, 500, 1000, 1500, 2000, 2500]
    assert Axis(0.005, 200, log=True).ticks() == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert Axis(0.005, 200, log=True).share(1) == pytest.approx(0.5, abs=0.01)
    assert axis_of([0.01, 2.0]).log
    assert not axis_of([0.1, 2.0]).log
    assert not axis_of([-1.0, 2.0]).log
    assert axis_of([None, None]) == axis_of([])
    assert axis_of([3.0, 3.0]).low < 3 < axis_of([3.0]).high
    assert [format_number(v) for v in (0.05131, 2800, 0.3, 1e-5, -2)] == [
        *("0.0513", "2,800", "0.3", "1e-05", "-2")
    ]


def test_curves_are_thinned_to_means_and_gaps_stay():
    assert thin([float(n) for n in range(1000)])[:2] == [0.5, 2.5]
    assert len(thin([1.0] * 100_001)) <= 500
    assert thin([1.0, None, 3.0]) == [1.0, None, 3.0]
    log = [
        {"step": 1, "losses": {"g": {"a": 1.0, "b": float("nan")}}},
        {"step": 2, "losses": {"g": {"b": 2.0}}},
        {"step": 3, "losses": None},
    ]
    steps, curves = loss_curves(log)
    assert steps == [1, 2, 3]
    assert curves == {"g": {"a": [1.0, None, None], "b": [None, 2.0, None]}}


def test_a_gap_parts_a_line():
    line = Line("k", "a", [1.0, 1.0, None, 1.0, None, 1.0, 1.0], 0)
    drawn = panel("t", [0.0, 1, 2, 3, 4, 5, 6], [line], Axis(0, 2), 100)
    path = drawn.split('class="line')[0].rpartition('d="')[2].partition('"')[0]
    assert path == "M0,50L166.7,50M833.3,50L1000,50"


def test_throughput_leaves_pauses_out():
    log = [
        {"step": 1, "images": 0, "time": 0.0},
        {"step": 2, "images": 30, "time": 2.0},
        {"step": 3, "images": 30, "time": 9.0},
    ]
    assert throughput(log) == ([2, 3], [15.0, None])


def test_grids_are_spread_and_none_is_encoded_for_nothing():
    grids = [(step, Path(str(step))) for step in range(200)]
    shown = set()
    for count in range(1, 201):
        chosen = choose(grids[:count])
        assert len(chosen) <= 20
        assert chosen[0] == grids[0]
        assert chosen[-1] == grids[count - 1]
        inner = {step for step, _ in chosen[:-1]}
        assert inner <= shown | {step for step, _ in chosen}
        shown |= inner
        gaps = {b - a for (a, _), (b, _) in pairwise(chosen[:-1])}
        assert len(gaps) <= 1
    assert choose([]) == []
    assert choose(grids[:3]) == grids[:3]


def test_extremes_are_no_sample_twice():
    values = [0.5, None, 0.9, 0.1, float("nan"), 0.5]
    best, worst = extremes({"higher_is_better": True, "values": values})
    assert best == [(2, 0.9), (0, 0.5)]
    assert worst == [(3, 0.1), (5, 0.5)]
    best, worst = extremes({"higher_is_better": False, "values": list(range(20))})
    assert [i for i, _ in best] == [0, 1, 2, 3]
    assert [i for i, _ in worst] == [19, 18, 17, 16]
    assert extremes({"values": []}) == ([], [])


def test_the_pictures_of_cases_stay_in_their_folder(tmp_path):
    path = extreme_file(tmp_path, "../../etc", "a/b", "best")
    assert path.parent == tmp_path / "cases"
    assert extreme_file(tmp_path, "labels", "iou", "worst").name == "labels-iou-worst.png"


def test_nothing_heavy_is_imported():
    code = (
        "import sys, ganzoo.report.report_page; "
        "print([m for m in ('torch', 'numpy', 'PIL', 'pydantic') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
