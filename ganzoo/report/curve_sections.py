"""The sections of curves: losses by player and term, throughput, learning rates."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ganzoo.report.axes import Value, Values, axis_of, thin
from ganzoo.report.charts import Line, data, legend, panel, read_out
from ganzoo.report.html import Html, el, embed
from ganzoo.report.run_files import RunFiles, Table, as_number

Curves = dict[str, dict[str, list[Value]]]


def loss_curves(log: Sequence[Mapping[str, Any]]) -> tuple[list[Value], Curves]:
    """The steps, and by player and term a value for each step (None if missing), both thinned."""
    curves: Curves = {}
    for index, record in enumerate(log):
        for player, terms in _items(record.get("losses")):
            own = curves.setdefault(player, {})
            for term, value in _items(terms):
                if term not in own:
                    own[term] = [None] * len(log)
                own[term][index] = as_number(value)
    steps = thin([as_number(record.get("step")) for record in log])
    return steps, {p: {t: thin(c) for t, c in terms.items()} for p, terms in curves.items()}


def losses_section(files: RunFiles) -> Html | None:
    """The section of losses: a panel for each player, a line for each term, before weights."""
    steps, curves = loss_curves(files.log)
    if not curves:
        return None
    styles = term_styles(curves)
    panels: list[Html] = []
    read: dict[str, Values] = {}
    for player, terms in curves.items():
        lines = [Line(f"{player}/{t}", t, values, styles[t]) for t, values in terms.items()]
        axis = axis_of(value for values in terms.values() for value in values)
        panels += [panel(player, steps, lines, axis), legend(lines, "losses")]
        read |= {line.key: line.values for line in lines}
    return el(
        "section",
        el("h2", "Losses", id="losses"),
        el("p", "Means since the previous line of the log; without the weights of terms.",
           class_="note"),
        el("div", *panels, read_out("losses", steps, "Step at which losses are read"),
           class_="group"),
        embed("data-losses", data(steps, read)),
        aria_labelledby="losses",
    )  # fmt: skip


def term_styles(curves: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """A style for each term, the same in all panels."""
    names = dict.fromkeys(term for terms in curves.values() for term in terms)
    return {name: number for number, name in enumerate(names)}


def speed_section(files: RunFiles) -> Html | None:
    """The section of throughput: images per second by step, without pauses between starts."""
    steps, rates = throughput(files.log)
    known = [rate for rate in rates if rate is not None]
    if not known:
        return None
    line = Line("speed/images", "images / s", thin(rates), 0)
    across, axis = thin(steps), axis_of([0.0, *known])
    return el(
        "section",
        el("h2", "Throughput", id="speed"),
        el("p", f"{statistics.median(known):.3g} images a second: the median over the log."),
        el("div", panel("Images a second", across, [line], axis, 110), legend([line], "speed"),
           read_out("speed", across, "Step at which throughput is read"), class_="group"),
        embed("data-speed", data(across, {line.key: line.values})),
        aria_labelledby="speed",
    )  # fmt: skip


def throughput(log: Sequence[Table]) -> tuple[Values, Values]:
    """Images per second between each two lines of the log, at the step of the second line."""
    steps: list[Value] = []
    rates: list[Value] = []
    for before, line in pairwise(log):
        images, seconds = (_gain(before, line, key) for key in ("images", "time"))
        steps.append(as_number(line.get("step")))
        rates.append(images / seconds if images > 0 and seconds > 0 else None)
    return steps, rates


def _gain(before: Table, line: Table, key: str) -> float:
    return (as_number(line.get(key)) or 0.0) - (as_number(before.get(key)) or 0.0)


def _items(value: Any) -> list[tuple[str, Any]]:
    return [*value.items()] if isinstance(value, dict) else []
