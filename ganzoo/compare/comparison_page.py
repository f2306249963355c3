"""`comparison.html`: the systems' objectives, scores, pictures and losses on one page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ganzoo.builder.assemble import assemble
from ganzoo.compare.compared_tradeoffs import tradeoff_section
from ganzoo.compare.comparison_table import Comparison, Row, format_number, title
from ganzoo.compare.systems import System
from ganzoo.evaluation.observed import format_a_sample
from ganzoo.report.axes import Axis, Value, axis_of
from ganzoo.report.charts import Line, panel
from ganzoo.report.curve_sections import Curves, loss_curves
from ganzoo.report.embedded_images import image
from ganzoo.report.facts import Facts, facts
from ganzoo.report.html import Html, el, page
from ganzoo.report.report_page import guarded, write_report
from ganzoo.report.run_files import RunFiles, read_run
from ganzoo.report.shared_markup import scroll
from ganzoo.report.text_sections import footer
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.run_record import now

Term = tuple[str, str]  # player and term
HEIGHT = 120


@dataclass(frozen=True)
class ShownSystem:
    """A system on the page: its facts, and its runs, one for each seed."""

    name: str
    facts: Facts
    runs: Sequence[RunFiles]


def show_systems(systems: Sequence[System]) -> list[ShownSystem]:
    """Collect what the page shows of finished systems; write the report of each run without one."""
    return [_shown(system) for system in systems]


def comparison_page(
    systems: Sequence[ShownSystem], table: Comparison, pictures: Sequence[Path], out: Path
) -> str:
    """The page, to be saved in `out`: links to the runs' reports are relative to that folder."""
    names = ", ".join(system.name for system in systems)
    return page(
        "Comparison",
        el("header", el("h1", "Comparison"), el("p", names, class_="summary"),
           el("p", f"Written {now().replace('T', ' ')}.", class_="note"),
           class_="wide"),
        el(
            "main",
            guarded("Scores", lambda: _scores(table)),
            guarded("Realism against faithfulness", lambda: tradeoff_section(table)),
            guarded("Pictures", lambda: _pictures(pictures, systems)),
            guarded("Objectives", lambda: _objectives(systems, out)),
            guarded("Losses", lambda: _losses(systems)),
            class_="wide",
        ),
        footer(wide=True),
    )  # fmt: skip


def _shown(system: System) -> ShownSystem:
    known = facts(system.blueprint, assemble(system.blueprint, "meta", system.name))
    folders = [training.folder for training in system.trainings]
    for folder in folders:
        if not RunPaths(folder).report.exists():
            with suppress(OSError):  # a folder of somebody else's
                write_report(folder, known)
    return ShownSystem(system.name, known, [read_run(folder) for folder in folders])


def _scores(table: Comparison) -> Html:
    head = el("tr", el("td"), *(el("th", title(c), scope="col") for c in table.columns))
    body = [_row(row, table) for row in table.rows]
    grid = el("table", el("thead", head), el("tbody", *body))
    return el(
        "section",
        el("h2", "Scores", id="scores"),
        el("p", "Means ± standard deviations over the seeds; below the systems, the baselines.",
           class_="note"),
        scroll(grid, "Table of scores"),
        *(el("p", condition, class_="note") for condition in table.conditions),
        el("ul", *(el("li", each) for each in table.findings), class_="alarms")
        if table.findings
        else None,
        aria_labelledby="scores",
    )  # fmt: skip


def _row(row: Row, table: Comparison) -> Html:
    cells = [el("td", format_number(column, row.cells.get(column))) for column in table.columns]
    return el("tr", el("th", row.name, scope="row"), *cells)


def _pictures(pictures: Sequence[Path], systems: Sequence[ShownSystem]) -> Html | None:
    trained_on = [run.latest.get("trained_on") for system in systems for run in system.runs]
    shown = [
        el("figure", el("figcaption", el("strong", path.stem)),
           scroll(image(path, f"{path.stem}: inputs down, systems across", class_="grid"),
                  f"Picture of {path.stem}"))
        for path in pictures
    ]  # fmt: skip
    if not shown:
        return None
    return el("section", el("h2", "Pictures", id="pictures"),
              el("p", f"A row is {format_a_sample(next(iter(trained_on), None))}: its input, the "
                 "systems, and the truth, where data are paired.", class_="note"), *shown,
              aria_labelledby="pictures")  # fmt: skip


def _objectives(systems: Sequence[ShownSystem], out: Path) -> Html:
    entries = [element for system in systems for element in _objective(system, out)]
    return el("section", el("h2", "Objectives", id="objectives"), *entries,
              aria_labelledby="objectives")  # fmt: skip


def _objective(system: ShownSystem, out: Path) -> Iterator[Html]:
    yield el("h3", system.name)
    formula = el("pre", "\n".join(system.facts.objective), class_="formula")
    yield scroll(formula, f"Formula of {system.name}")
    links = [
        el("a", _link_text(run, len(system.runs)), href=_link(run, out)) for run in system.runs
    ]
    yield el("p", "Reports: " if len(links) > 1 else "", _listed(links))


def _link_text(run: RunFiles, count: int) -> str:
    return f"seed {run.table('train').get('seed', '?')}" if count > 1 else "the run's report"


def _link(run: RunFiles, out: Path) -> str:
    place = os.path.relpath(RunPaths(run.folder.resolve()).report, out.resolve())
    return quote(os.fsencode(Path(place).as_posix()))


def _listed(links: Sequence[Html]) -> Iterator[str]:
    for number, link in enumerate(links):
        yield ", " if number else ""
        yield link


def _losses(systems: Sequence[ShownSystem]) -> Html | None:
    """Curves of losses: a row for each term, a column for each system. A row has equal axes."""
    logs = {system.name: [loss_curves(run.log) for run in system.runs] for system in systems}
    terms = _terms(curves for runs in logs.values() for _, curves in runs)
    if not terms:
        return None
    across = axis_of_steps(steps for runs in logs.values() for steps, _ in runs)
    head = el("tr", el("td"), *(el("th", name, scope="col") for name in logs))
    rows = [_losses_row(term, logs, across) for term in terms]
    grid = el("table", el("thead", head), el("tbody", *rows), class_="systems")
    return el(
        "section",
        el("h2", "Losses", id="losses"),
        el(
            "p",
            "Without the weights of terms; a line for each seed. The axes of a row are equal.",
            class_="note",
        ),
        scroll(grid, "Curves of losses"),
        aria_labelledby="losses",
    )


def _losses_row(
    term: Term, logs: Mapping[str, Sequence[tuple[list[Value], Curves]]], across: Axis
) -> Html:
    player, name = term
    curves_of = {
        system: [(steps, curves.get(player, {}).get(name)) for steps, curves in runs]
        for system, runs in logs.items()
    }
    axis = axis_of(v for runs in curves_of.values() for _, values in runs for v in values or ())
    cells = []
    for system, runs in curves_of.items():
        lines = [
            Line(f"{system}/{seed}", f"seed {seed}", values, seed, at=steps)
            for seed, (steps, values) in enumerate(runs)
            if values
        ]
        title = f"{system}, {name} of {player}"
        drawn = panel(title, runs[0][0], lines, axis, HEIGHT, across) if lines else None
        cells.append(el("td", el("div", drawn, class_="cell") if drawn else "–"))
    return el("tr", el("th", name, el("br"), el("small", player), scope="row"), *cells)


def _terms(all_curves: Iterable[Curves]) -> list[Term]:
    return list(
        dict.fromkeys((p, t) for curves in all_curves for p, terms in curves.items() for t in terms)
    )


def axis_of_steps(runs: Iterable[Sequence[Value]]) -> Axis:
    """The axis from the first step to the last step of all runs."""
    known = [step for steps in runs for step in steps if step is not None] or [0.0, 1.0]
    return Axis(min(known), max(max(known), min(known) + 1))
