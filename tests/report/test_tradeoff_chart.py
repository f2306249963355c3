"""The picture of realism against faithfulness: directions, intervals, labels that never meet."""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree

import pytest

from ganzoo.evaluation.tradeoff import Aspect, Tradeoff
from ganzoo.report.label_places import WIDTHS, Label, around, place_labels
from ganzoo.report.plot_points import Mark, PlotPoint
from ganzoo.report.tradeoff_chart import HEIGHT, tradeoff_chart, tradeoff_file
from ganzoo.report.tradeoff_words import say_leaders

LOWER = Tradeoff("y2x", Aspect("kid", "kid_a", False), Aspect("layout", "structure_a", False))
HIGHER = Tradeoff("y2x", Aspect("pr", "precision_a", True), Aspect("photos", "class_iou", True))
POINTS = [
    PlotPoint("honest", Mark(0.2, 0.1, 0.3), Mark(0.4, 0.35, 0.45), 0),
    PlotPoint("<b>inventor</b>", Mark(0.6, 0.5, 0.7), Mark(0.1, 0.05, 0.2), 1),
    PlotPoint("copy the input", Mark(0.0), Mark(0.9)),
    PlotPoint("real, other half", None, Mark(0.01)),
    PlotPoint("the input of another sample", Mark(0.65), None),
]


def dots(chart: str) -> list[tuple[float, float]]:
    """The places of all dots: percents from the left, pixels from above."""
    found = re.findall(r'<svg x="([\d.]+)%" y="([\d.]+)"[^>]*><circle', chart)
    return [(float(x), float(y)) for x, y in found]


def test_better_is_the_upper_right_whatever_is_better() -> None:
    (x, y), (other_x, other_y), (copy_x, copy_y) = dots(tradeoff_chart(LOWER, POINTS))
    assert other_x < x < copy_x  # 0.6, 0.2 and 0: a smaller distance is further right
    assert other_y < y < copy_y  # 0.1, 0.4 and 0.9: a smaller one is higher
    (x, y), (other_x, other_y), (copy_x, copy_y) = dots(tradeoff_chart(HIGHER, POINTS))
    assert copy_x < x < other_x
    assert copy_y < y < other_y


def test_intervals_reach_from_end_to_end() -> None:
    chart = tradeoff_chart(HIGHER, POINTS)
    lines = re.findall(r'<line x1="([\d.]+)%" x2="([\d.]+)%" [^>]*class="whisker', chart)
    whiskers = [(low, high) for low, high in lines if low != high]
    assert len(whiskers) == len(lines) / 2  # the others stand upright
    (x, _), (other_x, _), _ = dots(chart)
    for (low, high), (middle, half) in zip(whiskers, ((x, 0.1), (other_x, 0.1)), strict=True):
        wide = 100 * half / (0.7 * 1.05)  # of 0 ... 0.7 and a twentieth more
        assert float(low) == pytest.approx(middle - wide, abs=0.1)
        assert float(high) == pytest.approx(middle + wide, abs=0.1)


def test_axes_say_what_is_better_and_names_are_escaped() -> None:
    chart = tradeoff_chart(LOWER, POINTS)
    assert "higher: more like real images (kid a; lower is better)" in chart
    assert "further right: keeps more of its input (layout: structure a; lower is better)" in chart
    assert "2 &lt;b&gt;inventor&lt;/b&gt;: realism 0.1 [0.05, 0.2], faithfulness 0.6" in chart
    assert "<b>inventor" not in chart


def test_a_file_is_whole_and_holds_every_system() -> None:
    text = tradeoff_file(HIGHER, POINTS)
    root = ElementTree.fromstring(text)
    texts = "\n".join(filter(None, (each.text for each in root.iter())))
    for point in POINTS:
        assert point.name in texts
    assert "further right: keeps more of its input (photos: class iou; higher is better)" in texts
    assert "precision a; higher" in texts


def box(label: Label, place: object, width: float) -> tuple[float, ...]:
    """What a label covers, with letters as wide as browsers draw them at most."""
    long = 7 * len(label.text)
    left = label.x * width + place.dx  # type: ignore[attr-defined]
    left -= {"start": 0, "middle": long / 2, "end": long}[place.anchor]  # type: ignore[attr-defined]
    middle = label.y + place.dy  # type: ignore[attr-defined]
    return left, middle - 7, left + long, middle + 7


@pytest.mark.parametrize("seed", range(12))
def test_labels_meet_neither_each_other_nor_dots_nor_the_edge(seed: int) -> None:
    rng = random.Random(seed)
    spread = rng.choice([1.0, 0.3])
    labels = [
        Label("name" * rng.randint(1, 3), spread * rng.random(), HEIGHT * rng.random(), around())
        for _ in range(rng.randint(2, 7))
    ]
    places = place_labels(labels, [(each.x, each.y) for each in labels], HEIGHT)
    if places is None:
        pytest.skip("there is no room for these")
    for width in range(WIDTHS[0], WIDTHS[-1], 37):
        boxes = [box(*each, width) for each in zip(labels, places, strict=True)]
        for number, (left, top, right, bottom) in enumerate(boxes):
            assert min(left, top) >= 0
            assert right <= width
            assert bottom <= HEIGHT
            for one in boxes[number + 1 :]:
                apart = one[0] >= right or one[2] <= left or one[1] >= bottom or one[3] <= top
                assert apart, (width, labels[number])
            for label in labels:
                inside = left < label.x * width < right and top < label.y < bottom
                assert not inside


def test_where_names_have_no_room_numbers_stand() -> None:
    crowd = [
        PlotPoint(f"a_system_of_a_long_name_{n}", Mark(0.5 + 0.001 * n), Mark(0.5), n)
        for n in range(9)
    ]
    far = PlotPoint("copy the input", Mark(0.0), Mark(0.0))
    chart = tradeoff_chart(HIGHER, [*crowd, far])
    inside = chart[: chart.index("<ul")]
    assert "a_system" not in inside
    assert sorted(re.findall(r">(\d+)</text></svg>", inside), key=int) == [*map(str, range(1, 11))]
    assert "9 a_system_of_a_long_name_8: realism 0.5, faithfulness 0.508" in chart


def test_who_leads() -> None:
    said = say_leaders(LOWER, POINTS)
    assert said == (
        "y2x: <b>inventor</b> is most like real images (kid a 0.1; a copy of the input: 0.9); "
        "honest keeps most of its input (layout: structure a 0.2)"
    )
    assert "honest is most like real images (precision a 0.4" in say_leaders(HIGHER, POINTS[:1] * 2)
    assert say_leaders(LOWER, POINTS[:1]) == (
        "y2x: realism (kid a 0.4) beside faithfulness (layout: structure a 0.2)"
    )
    assert say_leaders(LOWER, POINTS[2:]) == ""
