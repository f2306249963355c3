"""Writing `report.html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ganzoo.files.writing import write_text
from ganzoo.report.curve_sections import losses_section, speed_section
from ganzoo.report.facts import Facts, read_facts
from ganzoo.report.finding_sections import evidence_section, findings_section
from ganzoo.report.html import Html, el, page
from ganzoo.report.picture_sections import extremes_section, samples_section
from ganzoo.report.run_files import RunFiles, read_run
from ganzoo.report.score_section import metrics_section
from ganzoo.report.text_sections import (
    alarms_section,
    damage_section,
    footer,
    heading,
    objective_section,
    repeat_section,
    some,
    training_section,
)
from ganzoo.report.tradeoff_section import tradeoff_section
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.run_record import now


def write_report(
    folder: Path, facts: Facts | None = None, tell: Callable[[str], None] = lambda fault: None
) -> Path:
    """Write a run's report from the files in its folder; returns the path of the page.

    facts: of the run's recipe; left out, the recipe is read, which imports torch.
    tell: called with a sentence for each file that is damaged or was not read.

    Raises:
        RunError: the folder is no run.
        OSError: the page cannot be written.
    """
    files = read_run(folder)
    for fault in some(files.faults):
        tell(fault)
    page = RunPaths(folder).report
    write_text(page, report(files, facts or read_facts(files.recipe)))
    return page


def report(files: RunFiles, facts: Facts) -> str:
    """The page; a section that cannot be made is replaced by the reason."""
    sections = [*_sections(files, facts)]
    return page(
        f"{files.name} – report",
        heading(files, now()),
        el("main", *sections),
        footer(),
    )


def _sections(files: RunFiles, facts: Facts) -> Iterator[Html | None]:
    yield guarded("Damaged files", lambda: damage_section(files))
    yield guarded("Alarms", lambda: alarms_section(files))
    yield guarded("Findings", lambda: findings_section(files))
    yield guarded("Objective", lambda: objective_section(facts))
    yield guarded("Samples", lambda: samples_section(files))
    yield guarded("Metrics", lambda: metrics_section(files))
    yield guarded("Realism against faithfulness", lambda: tradeoff_section(files))
    yield guarded("Best and worst samples", lambda: extremes_section(files))
    yield guarded("Compared by metrics", lambda: evidence_section(files))
    yield guarded("Losses", lambda: losses_section(files))
    yield guarded("Throughput", lambda: speed_section(files))
    yield guarded("Training", lambda: training_section(files, facts))
    yield guarded("Again", lambda: repeat_section(files))


def guarded(name: str, make: Callable[[], Html | None]) -> Html | None:
    """Make a section; if that fails, such as for a damaged file, return the reason as a section."""
    try:
        return make()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return el(
            "section", el("h2", name), el("p", f"Cannot be shown ({reason})."), class_="broken"
        )
