"""The section of metrics: over time with intervals, and the tables of the last and best models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ganzoo.evaluation.few import describe_few
from ganzoo.evaluation.observed import format_observed
from ganzoo.files.untrusted import tables_at, value_at
from ganzoo.report.axes import Value, Values, axis_of
from ganzoo.report.charts import Line, data, legend, panel, read_out
from ganzoo.report.html import Html, el, embed
from ganzoo.report.run_files import RunFiles, Table, as_number
from ganzoo.report.shared_markup import format_name, scroll
from ganzoo.runs.layout import BEST_MODEL


def metrics_section(files: RunFiles) -> Html | None:
    """The section of metrics: scores over the steps, then those of the last and the best model."""
    last = last_evaluation(files)
    scores, few = tables_at(last, "scores"), describe_few(files.latest.get("splits"))
    if not scores:
        return None
    return el(
        "section",
        el("h2", "Metrics", id="metrics"),
        el("p", "In brackets and as bands: 95 % intervals over the samples, where they were "
           "computed.", class_="note"),
        el("p", few[0].upper(), few[1:], ".", class_="note") if few else None,
        best_line(files.best),
        *(_metric(name, rows, last, files) for name, rows in scores.items()),
        aria_labelledby="metrics",
    )  # fmt: skip


def best_line(best: Table) -> Html | None:
    """A line that says which model is the best, and by which score."""
    value = as_number(best.get("value"))
    if value is None:
        return None
    what = " ".join(format_name(str(best[key])) for key in ("metric", "figure") if key in best)
    on = format_observed(best.get("observed"))
    said = f"{value:.4g}{_interval(best.get('interval'))}{f' on {on}' if on else ''}"
    return el("p", "Best model: step ", el("strong", _count(best.get("step"))), f", {what} {said}; "
              "kept in ", el("code", BEST_MODEL), ".", class_="best")  # fmt: skip


def last_evaluation(files: RunFiles) -> Table:
    """The latest evaluation, of test samples if it has them; without any, the final scores."""
    if files.evaluations:
        last = files.evaluations[-1]
        return _at(files.tests, last.get("step")) or last
    return {"scores": files.metrics, "step": files.run.step}


def _at(lines: Sequence[Table], step: Any) -> Table:
    """The evaluation of a step; empty if there is none."""
    return next((line for line in lines if line.get("step") == step), {})


def _metric(name: str, rows: Table, last: Table, files: RunFiles) -> Html:
    shown = [f for f in _order(rows) if not _is_count(rows, f)]
    group = f"metric-{name}"
    charts = _over_time(name, shown, files.evaluations, group)
    of = [last, *(line for _, line in _others(last, files))]
    on = ", ".join(dict.fromkeys(format_observed(value_at(ln, "observed", name)) for ln in of))
    return el(
        "div",
        el("h3", format_name(name)),
        el("p", f"On {on}.", class_="note") if on else None,
        charts,
        _table(name, rows, shown, last, files),
        el("p", _counts(rows), class_="note") if _counts(rows) else None,
        class_="metric",
    )


def _over_time(
    name: str, score_names: Sequence[str], evaluations: Sequence[Table], group: str
) -> Html | None:
    """A small panel for each score; nothing if there are fewer than two evaluations."""
    lines = [line for line in evaluations if name in tables_at(line, "scores")]
    if len(lines) < 2:
        return None
    steps: list[Value] = [as_number(line.get("step")) for line in lines]
    panels: list[Html] = []
    read: dict[str, Values] = {}
    for each in score_names:
        curves = [*_curves(name, each, lines)]
        if not curves:
            continue
        values = [v for c in curves for v in (*c.values, *c.low, *c.high)]
        drawn = panel(format_name(each), steps, curves, axis_of(values, log=False), 130)
        panels.append(el("div", drawn, legend(curves, group)))
        read |= {curve.key: curve.values for curve in curves}
    return el(
        "div",
        el("div", *panels, class_="panels"),
        read_out(group, steps, f"Step at which {format_name(name)} is read"),
        embed(f"data-{group}", data(steps, read)),
        class_="group",
    )


def _curves(name: str, each: str, lines: Sequence[Table]) -> Iterator[Line]:
    """The curve of the model with its interval, then the baselines as horizontal lines."""
    rows = dict.fromkeys(row for line in lines for row in _rows(line, "scores", name))
    for style, row in enumerate(rows):
        cells = [_rows(line, "scores", name).get(row) for line in lines]
        values = [as_number(cell.get(each)) if isinstance(cell, dict) else None for cell in cells]
        known = [value for value in values if value is not None]
        if not known:
            continue
        key = f"{name}/{each}/{row}"
        if style and len({round(value, 9) for value in known}) == 1:
            yield Line(key, row, [known[-1]] * len(lines), style, level=True)
        else:
            bounds = [_bounds(_rows(line, "intervals", name).get(row), each) for line in lines]
            low, high = ([pair[side] for pair in bounds] for side in (0, 1))
            there = any(value is not None for value in low)
            yield Line(key, row, values, style, low if there else (), high if there else ())


def _table(
    name: str, rows: Table, score_names: Sequence[str], last: Table, files: RunFiles
) -> Html:
    """The table of a metric: the last model, the best model, then the baselines."""
    head = el("tr", el("td"), *(el("th", format_name(f), scope="col") for f in score_names))
    first, *others = rows
    bounds = _rows(last, "intervals", name)
    label = f"{first}, step {_count(last.get('step'))}"
    body = [_row(label, rows[first], bounds.get(first), score_names)]
    body += [
        _row(before + model + after, values, _rows(line, "intervals", name).get(model), score_names)
        for (before, after), line in _others(last, files)
        for model, values in [*_rows(line, "scores", name).items()][:1]
    ]
    body += [_row(row, rows[row], bounds.get(row), score_names) for row in others]
    return scroll(
        el("table", el("thead", head), el("tbody", *body)), f"Table of {format_name(name)}"
    )


def _others(last: Table, files: RunFiles) -> list[tuple[tuple[str, str], Table]]:
    """The best model's evaluation; and beside those on test samples, those on validation samples.

    Each has what stands before and after the word "model" in the name of its row.
    """
    step, best = last.get("step"), files.best.get("step")
    tested = files.tests if _at(files.tests, step) else files.evaluations
    rows = [(("best ", f", step {_count(best)}"), tested, best)] if best != step else []
    if tested is files.tests:
        rows.append((("", f", step {_count(step)}, validation"), files.evaluations, step))
        rows += [((a, f"{b}, validation"), files.evaluations, best) for (a, b), *_ in rows[:-1]]
    return [(label, line) for label, lines, at in rows if (line := _at(lines, at))]


def _row(name: str, values: Any, bounds: Any, score_names: Sequence[str]) -> Html:
    values = values if isinstance(values, dict) else {}
    cells = []
    for each in score_names:
        value = as_number(values.get(each))
        interval = _interval(bounds.get(each) if isinstance(bounds, dict) else None)
        text = "–" if value is None else f"{value:.4g}"
        cells.append(el("td", text, el("small", interval) if interval else None))
    return el("tr", el("th", name, scope="row"), *cells)


def _interval(bounds: Any) -> str:
    low, high = _pair(bounds)
    return "" if low is None or high is None else f" [{low:.4g}, {high:.4g}]"


def _bounds(row: Any, each: str) -> tuple[Value, Value]:
    return _pair(row.get(each) if isinstance(row, dict) else None)


def _pair(bounds: Any) -> tuple[Value, Value]:
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
        return None, None
    return as_number(bounds[0]), as_number(bounds[1])


def _order(rows: Table) -> list[str]:
    return list(dict.fromkeys(f for row in rows.values() if isinstance(row, dict) for f in row))


def _is_count(rows: Table, each: str) -> bool:
    """Whether a column holds counts: whole numbers, such as the number of samples."""
    values = [row.get(each) for row in rows.values() if isinstance(row, dict) and each in row]
    return all(isinstance(value, int) for value in values)


def _counts(rows: Table) -> str:
    """As text: `resize: 224`, or if rows differ `images: 9 (model), 40 (real, other half)`."""
    tables = {name: row for name, row in rows.items() if isinstance(row, dict)}
    return "; ".join(
        f"{format_name(each)}: {_by_row({n: r[each] for n, r in tables.items() if each in r})}"
        for each in _order(rows)
        if _is_count(rows, each)
    )


def _by_row(counts: Table) -> str:
    if len(set(counts.values())) == 1:
        return _count(next(iter(counts.values())))
    return ", ".join(f"{_count(count)} ({row})" for row, count in counts.items())


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"


def _rows(line: Table, key: str, metric: str) -> Table:
    return tables_at(line, key).get(metric, {})
