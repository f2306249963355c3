"""The comparison's table: means, deviations, what stands beside, and its forms."""

from __future__ import annotations

import csv
import io

import pytest
from rich.console import Console

from ganzoo.cli.pages.comparison import print_comparison
from ganzoo.compare.comparison_table import (
    SIZE,
    SPEED,
    Cell,
    as_csv,
    as_markdown,
    compare,
    format_number,
)
from ganzoo.compare.run_scores import RunScores

PIXEL, IOU, PHOTOS = ("labels", "pixel_accuracy"), ("labels", "iou"), ("photos", "iou")


def figures(pixel, iou, photos=None, speed=10.0, parameters=1_500_000):
    labels = {
        "model": {"pixel_accuracy": pixel, "iou": iou},
        "mean layout": {"pixel_accuracy": 0.75, "iou": 0.4},
    }
    scores = {"labels": labels}
    if photos is not None:
        scores["photos"] = {"model": {"iou": photos}, "real photos": {"iou": 0.9}}
    return RunScores(scores, parameters, speed)


@pytest.fixture
def table():
    several = [figures(0.8, 0.5, speed=8), figures(0.9, 0.6, speed=10), figures(0.7, 0.7, speed=12)]
    return compare({"first": several, "second": [figures(0.6, 0.3, photos=0.2, speed=None)]})


def test_means_and_deviations_of_seeds(table):
    first, second, *_ = table.rows
    assert first.cells[PIXEL].mean == pytest.approx(0.8)
    assert first.cells[PIXEL].deviation == pytest.approx(0.1)  # sqrt((0 + 0.01 + 0.01) / 2)
    assert first.cells[SPEED].mean == pytest.approx(10)
    assert first.cells[SPEED].deviation == pytest.approx(2)
    assert second.cells[PIXEL] == Cell(0.6)
    assert PHOTOS not in first.cells
    assert SPEED not in second.cells


def test_columns_hold_every_figure_and_what_is_no_score_comes_last(table):
    assert list(table.columns) == [PIXEL, IOU, PHOTOS, SIZE, SPEED]


def test_what_systems_are_compared_with_stands_below(table):
    assert [row.name for row in table.rows] == ["first", "second", "mean layout", "real photos"]
    layout, real = table.rows[2:]
    assert layout.cells == {PIXEL: Cell(0.75), IOU: Cell(0.4)}
    assert real.cells == {PHOTOS: Cell(0.9)}
    assert layout.runs == 0


@pytest.mark.parametrize(
    ("column", "cell", "text"),
    [
        (PIXEL, Cell(0.8714, 0.0123), "0.871 ± 0.012"),
        (PIXEL, Cell(0.8714), "0.871"),
        (("maps", "psnr"), Cell(21.6, 0.31), "21.6 ± 0.3"),
        (SIZE, Cell(1_234_567), "1.23 M"),
        (PIXEL, None, "–"),
    ],
)
def test_figures_as_a_person_reads_them(column, cell, text):
    assert format_number(column, cell) == text


def test_markdown(table):
    lines = as_markdown(table).splitlines()
    assert lines[0].startswith("|  | labels: pixel accuracy | labels: iou | photos: iou |")
    assert lines[2] == "| first | 0.800 ± 0.100 | 0.600 ± 0.100 | – | 1.50 M | 10.0 ± 2.0 |"
    assert len({line.count("|") for line in lines}) == 1


def test_csv_is_unrounded_and_reads_back(table):
    rows = list(csv.DictReader(io.StringIO(as_csv(table))))
    assert [row["system"] for row in rows] == [row.name for row in table.rows]
    assert float(rows[0]["labels: pixel accuracy"]) == pytest.approx(0.8)
    assert float(rows[0]["labels: pixel accuracy (std)"]) == pytest.approx(0.1)
    assert rows[0]["photos: iou"] == rows[1]["labels: iou (std)"] == ""
    assert [row["runs"] for row in rows] == ["3", "1", "0", "0"]


def test_a_terminal_of_80_columns_holds_it(table):
    console = Console(width=80, record=True)
    print_comparison(table, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "0.800 ± 0.100" in text
    assert text.index("photos") > text.index("mean layout")
    photos = text[text.index("photos") : text.index("size and speed")]
    assert "first" not in photos  # a system without the figure has no line


def test_counts_are_conditions_not_figures():
    def counted(images):
        rows = {"model": {"kid": 0.1, "images": images}, "real": {"kid": 0.0, "images": images}}
        return RunScores({"kid": rows}, 1, None)

    same = compare({"first": [counted(200)], "second": [counted(200)]})
    assert same.conditions == ["kid: images 200"]
    assert list(same.columns) == [("kid", "kid"), SIZE]
    assert as_markdown(same).endswith("|\n\nkid: images 200\n")
    other = compare({"first": [counted(200)], "second": [counted(50)]})
    assert other.conditions == ["kid: images 200, images 50"]
