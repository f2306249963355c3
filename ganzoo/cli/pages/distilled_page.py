"""Prints what a student gained and lost beside its teacher."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from ganzoo.evaluation.assessment import Assessment
from ganzoo.evaluation.scores import format_score
from ganzoo.planning.distilled_table import DistilledTable, Measured
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import one_line, short_count

LEVELS = 127.5  # of 8 bits, in one unit of [-1, 1]


def print_distilled(measured: DistilledTable, console: Console | None = None) -> None:
    """Print a row a quantity, a column a model, and how far their images are apart."""
    console = console or Terminal()
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in ("", "teacher", "student"):
        table.add_column(heading)
    for row in _rows(measured):
        table.add_row(*map(one_line, row))
    console.print()
    console.print(table)
    for sentence in _sentences(measured):
        console.print(f"\n{sentence}", soft_wrap=True)


def _rows(measured: DistilledTable) -> Iterator[tuple[str, str, str]]:
    teacher, student = measured.teacher, measured.student
    yield "parameters", short_count(teacher.parameters), short_count(student.parameters)
    yield "size of the file", short_count(teacher.size, "B"), short_count(student.size, "B")
    for size, before in teacher.milliseconds.items():
        now = student.milliseconds[size]
        faster = f"({before / now:.2f} x as fast)"
        yield f"ms, {_format_size(size)} px", f"{before:.2f}", f"{now:.2f} {faster}"
    yield from _score_rows(teacher, student)


def _score_rows(teacher: Measured, student: Measured) -> Iterator[tuple[str, str, str]]:
    if teacher.scores is None or student.scores is None:
        return
    for metric, rows in student.scores.scores.items():
        for score in rows["model"]:
            both = [_score(each, metric, score) for each in (teacher.scores, student.scores)]
            yield f"{metric}, {score.replace('_', ' ')}", both[0], both[1]


def _score(scores: Assessment, metric: str, score: str) -> str:
    rows, ends = scores.scores.get(metric, {}), scores.intervals.get(metric, {})
    if score not in rows.get("model", {}):
        return "–"
    return format_score(rows["model"][score], ends.get("model", {}).get(score))


def _sentences(measured: DistilledTable) -> Iterator[str]:
    threads = f"{measured.threads} thread{'' if measured.threads == 1 else 's'}"
    yield (
        f"Timed in turn, one image at a time, {threads}, medians. On {measured.images} test images "
        f"the student's values in [-1, 1] differ from the teacher's by {measured.difference:.4f} "
        f"on average, that is {LEVELS * measured.difference:.1f} of 255 levels."
    )
    if measured.teacher.others:
        yield f"The teacher's file also holds {', '.join(measured.teacher.others)}."


def _format_size(size: tuple[int, ...]) -> str:
    """`64 x 48`, width first."""
    return " x ".join(map(str, reversed(size)))
