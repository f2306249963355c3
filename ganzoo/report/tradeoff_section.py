"""The section of realism against faithfulness in a run's report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganzoo.evaluation.tradeoff import Aspect, Tradeoff, WinShare
from ganzoo.files.untrusted import table_at, value_at
from ganzoo.report.html import Html, el
from ganzoo.report.plot_points import Mark, PlotPoint
from ganzoo.report.run_files import RunFiles, Table, as_number
from ganzoo.report.score_section import last_evaluation
from ganzoo.report.shared_markup import format_name
from ganzoo.report.tradeoff_chart import tradeoff_chart
from ganzoo.report.tradeoff_words import EXPLANATION, say_leaders


def tradeoff_section(files: RunFiles) -> Html | None:
    """A chart for each pair of scores of the latest evaluation, and how outputs follow inputs."""
    last = last_evaluation(files)
    charts = [chart for t in Tradeoff.read(last.get("tradeoffs")) for chart in _chart(t, files)]
    shares = [*_shares(last.get("shares"))]
    if not charts and not shares:
        return None
    return el(
        "section",
        el("h2", "Realism against faithfulness", id="tradeoff"),
        el("p", EXPLANATION, class_="note") if charts else None,
        *charts,
        *shares,
        aria_labelledby="tradeoff",
    )


def _chart(tradeoff: Tradeoff, files: RunFiles) -> Iterator[Html]:
    points = [*_points(tradeoff, files)]
    if any(point.style is not None for point in points):
        yield el("h3", tradeoff.output)
        yield el("p", say_leaders(tradeoff, points))
        yield tradeoff_chart(tradeoff, points)


def _points(tradeoff: Tradeoff, files: RunFiles) -> Iterator[PlotPoint]:
    """The latest model, the best one, and the baselines."""
    aspects = tradeoff.faithfulness, tradeoff.realism
    last, best = last_evaluation(files), files.best.get("step")
    entries = {f"step {last.get('step')}": last}
    if best != last.get("step"):
        everything = [*files.tests, *files.evaluations]
        alike = [e for e in everything if e.get("split") == last.get("split")]
        entries |= {f"best, step {best}": e for e in alike if e.get("step") == best}
    for style, (name, entry) in enumerate(entries.items()):
        faithful, real = (_mark(entry, aspect, "") for aspect in aspects)
        if faithful and real:
            yield PlotPoint(name, faithful, real, style)
    for row in dict.fromkeys(row for aspect in aspects for row in _baselines(last, aspect)):
        faithful, real = (_mark(last, aspect, row) for aspect in aspects)
        if faithful or real:
            yield PlotPoint(row, faithful, real)


def _baselines(entry: Table, aspect: Aspect) -> list[str]:
    return [*_rows(entry, "scores", aspect)][1:]


def _mark(entry: Table, aspect: Aspect, row: str) -> Mark | None:
    """A score of an evaluation with its interval; row: "" for the model's, which is the first."""
    rows = _rows(entry, "scores", aspect)
    name = row or next(iter(rows), "")
    value = as_number(value_at(rows, name, aspect.score))
    if value is None:
        return None
    ends = value_at(_rows(entry, "intervals", aspect), name, aspect.score)
    low, high = map(as_number, ends) if isinstance(ends, list) and len(ends) == 2 else (None, None)
    return Mark(value, low, high)


def _rows(entry: Table, key: str, aspect: Aspect) -> Table:
    return table_at(entry, key, aspect.metric)


def _shares(stored: Any) -> Iterator[Html]:
    """How often outputs follow their inputs, by each metric of faithfulness."""
    for metric, table in table_at(stored).items():
        share = WinShare.read(table)
        if share:
            yield el("p", _say_share(format_name(str(metric)), share), class_="note")


def _say_share(metric: str, share: WinShare) -> str:
    return (
        f"By {metric}, an output fits its own sample better than the output of another sample does "
        f"in {share.format()} (by chance: 50 %)."
    )
