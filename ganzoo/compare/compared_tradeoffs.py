"""Realism against faithfulness of compared systems: a point for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ganzoo.compare.comparison_table import Cell, Comparison, Row
from ganzoo.evaluation.tradeoff import Aspect, Tradeoff
from ganzoo.report.html import Html, el
from ganzoo.report.plot_points import Mark, PlotPoint
from ganzoo.report.tradeoff_chart import tradeoff_chart, tradeoff_file
from ganzoo.report.tradeoff_words import EXPLANATION, WHISKERS, say_leaders

Compared = tuple[Tradeoff, list[PlotPoint]]


def compared_tradeoffs(table: Comparison) -> list[Compared]:
    """The trade-offs of which a system has both scores, with the points of all rows."""
    plotted = [(tradeoff, [*_points(table, tradeoff)]) for tradeoff in table.tradeoffs]
    return [each for each in plotted if any(point.style is not None for point in each[1])]


def tradeoff_section(table: Comparison) -> Html | None:
    """The section of all charts; None without one."""
    plotted = compared_tradeoffs(table)
    if not plotted:
        return None
    charts = []
    for tradeoff, points in plotted:
        charts += [el("h3", tradeoff.output), el("p", say_leaders(tradeoff, points))]
        charts += [tradeoff_chart(tradeoff, points)]
    return el(
        "section",
        el("h2", "Realism against faithfulness", id="tradeoff"),
        el("p", f"{EXPLANATION} {WHISKERS}", class_="note"),
        *charts,
        aria_labelledby="tradeoff",
    )


def tradeoff_files(table: Comparison, out: Path) -> dict[Path, str]:
    """The texts of SVG files of the charts, by path: `OUT/tradeoff-y2x-layout.svg`."""
    texts: dict[Path, str] = {}
    for tradeoff, points in compared_tradeoffs(table):
        name = f"tradeoff-{tradeoff.output}-{tradeoff.faithfulness.metric}"
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:100]
        texts[out / f"{plain}.svg"] = tradeoff_file(tradeoff, points)
    return texts


def say_tradeoffs(table: Comparison) -> list[str]:
    """A sentence for each chart."""
    return [say_leaders(*each) for each in compared_tradeoffs(table)]


def _points(table: Comparison, tradeoff: Tradeoff) -> Iterator[PlotPoint]:
    """The points of systems with both scores, and of baselines with at least one."""
    for number, row in enumerate(table.rows):
        faithful, real = _mark(row, tradeoff.faithfulness), _mark(row, tradeoff.realism)
        if (faithful and real) or (not row.runs and (faithful or real)):
            yield PlotPoint(row.name, faithful, real, number if row.runs else None)


def _mark(row: Row, aspect: Aspect) -> Mark | None:
    cell: Cell | None = row.cells.get((aspect.metric, aspect.score))
    if cell is None or cell.mean != cell.mean:  # NaN
        return None
    if cell.interval:
        return Mark(cell.mean, *cell.interval)
    if cell.deviation is not None:
        return Mark(cell.mean, cell.mean - cell.deviation, cell.mean + cell.deviation)
    return Mark(cell.mean)
