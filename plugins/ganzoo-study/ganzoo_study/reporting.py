"""The report of a study: the table as in the paper, every response, and remarks."""

from __future__ import annotations

import html
import statistics
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.errors import GanzooError
from ganzoo.files.writing import write_text
from ganzoo.printing.tabular import as_csv as csv_of
from ganzoo.printing.tabular import markdown_row
from ganzoo.printing.text import one_line

from ganzoo_study.participant_table import consent_remarks, participants_csv
from ganzoo_study.records import Participation, Response
from ganzoo_study.scoring import Score, by_participant, score
from ganzoo_study.store import Store
from ganzoo_study.study_file import RESPONSES, Study, read_study
from ganzoo_study.verdict import difference_remarks

RECOMMENDED = 25
FILES = ("report.md", "scores.svg", "responses.csv", "participants.csv")
FRAMES = 2  # an exposure further off than so many frames is counted in the report
COLUMNS = (
    *("participant", "finished", "method", "trial", "practice", "fake_place", "choice"),
    *("taken_for_real", "showings", "first_ms", "second_ms", "frame_ms", "response_ms"),
    *("answered", "real", "fake"),
)


@dataclass(frozen=True)
class Report:
    """scores: by method, in the study's order; those without participants are left out.

    unfinished: of each method, how many participants have begun and not finished.
    remarks: sentences.
    """

    study: Study
    responses: Sequence[Response]
    scores: Mapping[str, Score]
    unfinished: Mapping[str, int]
    participations: Sequence[Participation]
    remarks: Sequence[str]


def read_report(folder: Path, unfinished: bool, draws: int, seed: int) -> Report:
    """Count a study's responses.

    unfinished: count participants who have not finished, too, by the trials that they answered.

    Raises:
        GanzooError: the folder is no study, or nobody has finished yet.
    """
    study = read_study(folder)
    if not (folder / RESPONSES).is_file():
        raise GanzooError(f"{folder}: there are no responses, {RESPONSES} is missing")
    with closing(Store(folder / RESPONSES)) as store:
        responses, counts = store.responses(), store.unfinished()
        began = store.participations()
    counted = [r for r in responses if r.finished or unfinished]
    people = by_participant(counted)
    if not people:
        raise GanzooError(f"{folder}: {_nobody(sum(counts.values()))}")
    scores = {name: score(people[name], draws, seed) for name in study.methods if name in people}
    remarks = [
        *(["These participants are simulated, not people."] if study.simulated else []),
        *difference_remarks(study, responses, began),
        *_conditions(study, counted, draws),
        *consent_remarks(study, began),
        *_warnings(study, scores, counts, unfinished),
    ]
    return Report(study, responses, scores, counts, began, remarks)


def _nobody(begun: int) -> str:
    if not begun:
        return "nobody has taken part yet; invite people with: ganzoo study serve"
    many = "1 participant has" if begun == 1 else f"{begun} participants have"
    return f"{many} begun and nobody finished; --unfinished counts what they answered"


def write_report(report: Report, out: Path) -> list[Path]:
    """`report.md`, `scores.svg`, `responses.csv`, `participants.csv` in `out`; returns them.

    Raises:
        GanzooError: the folder cannot be written.
    """
    from ganzoo_study.chart import draw_scores

    files = [out / name for name in FILES]
    try:
        write_text(files[0], as_markdown(report))
        draw_scores(report.scores, files[1])
        write_text(files[2], as_csv(report))
        write_text(files[3], participants_csv(report.participations))
    except OSError as error:
        raise GanzooError(f"{out}: cannot be written ({error.strerror or error})") from error
    return files


HEAD = ("method", "% labelled real", "participants", "trials")


def rows(report: Report) -> list[tuple[str, ...]]:
    """The table's cells below HEAD: `26.8 ± 2.8`, as the paper prints it."""
    return [
        (name, f"{100 * s.share:.1f} ± {100 * s.deviation:.1f}", f"{s.participants}", f"{s.trials}")
        for name, s in report.scores.items()
    ]


def as_markdown(report: Report) -> str:
    """The table, the chart and the remarks, for a page."""
    cells = [HEAD, *rows(report)]
    lines = [markdown_row(row) for row in cells]
    table = "\n".join([lines[0], "|---|---:|---:|---:|", *lines[1:]])
    remarks = "\n".join(f"- {remark}" for remark in map(_plain, report.remarks))
    picture = "![The table as bars, with 95 % intervals](scores.svg)"
    return f"# Real or fake?\n\n{table}\n\n{picture}\n\n{remarks}\n"


def _plain(remark: str) -> str:
    """A sentence without markup; the names in it are a stranger's."""
    return html.escape(one_line(remark), quote=False)


def as_csv(report: Report) -> str:
    """Every response, those of practice and of unfinished participants too.

    Practice and scored trials are both numbered from 1.
    """
    study = report.study
    table: list[Sequence[Any]] = [COLUMNS]
    methods = [study.real, *study.methods.values()]
    origins = {image.file: image.origin for source in methods for image in source.images}
    for r in report.responses:
        number = r.number + 1 - (0 if r.practice else study.practice)
        timing = r.showings, r.first_ms, r.second_ms, r.frame_ms, r.response_ms
        table.append(
            [
                *(r.participant, r.finished, r.method, number, r.practice, r.fake_place, r.choice),
                *(int(r.fooled), *timing, r.answered),
                *(origins.get(r.real, r.real), origins.get(r.fake, r.fake)),
            ]
        )
    return csv_of(table)


def _conditions(study: Study, counted: Sequence[Response], draws: int) -> list[str]:
    """The conditions of the scores."""
    seconds = f"{study.exposure_ms / 1000:g} s"
    height, width = study.size
    return [
        f"Each trial showed a real and a generated image of {height} x {width} pixels one after "
        f"the other, {seconds} each, and asked which was fake; {study.practice} practice trials "
        f"with feedback, then {study.trials} scored.",
        "% labelled real: generated images taken for real; 50 is what guessing gives. "
        f"±: standard deviation of {draws:,} bootstrap draws of participants, then of trials "
        "within each.",
        *_exposures(study, counted),
    ]


def _exposures(study: Study, counted: Sequence[Response]) -> list[str]:
    """How long images were shown, as the participants' browsers measured it."""
    scored = [r for r in counted if not r.practice]
    shown = [(ms, r.frame_ms or 0) for r in scored for ms in (r.first_ms, r.second_ms) if ms]
    if not shown:
        return []
    off = sum(abs(ms - study.exposure_ms) > FRAMES * frame for ms, frame in shown)
    median = statistics.median(ms for ms, _ in shown)
    again = sum(r.showings > 1 for r in scored)
    return [
        f"Measured exposure: median {median:.0f} ms; {off} of {len(shown)} off by more than "
        f"{FRAMES} frames. {again} of {len(scored)} trials were shown again after a reload."
    ]


def _warnings(
    study: Study, scores: Mapping[str, Score], counts: Mapping[str, int], unfinished: bool
) -> list[str]:
    """What makes the scores less reliable."""
    begun = sum(counts.values())
    many = "1 participant has" if begun == 1 else f"{begun} participants have"
    how = "counted by what they answered" if unfinished else "left out"
    left = [f"{many} not finished: {how}."] if begun else []
    few = [name for name in study.methods if _people(scores, name) < RECOMMENDED]
    said = f"Fewer than {RECOMMENDED} participants: {', '.join(map(one_line, few))}."
    return left + ([said] if few else [])


def _people(scores: Mapping[str, Score], name: str) -> int:
    return scores[name].participants if name in scores else 0
