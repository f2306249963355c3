"""The sections of pictures: sample grids over time, best and worst samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganzoo.evaluation.observed import format_a_sample
from ganzoo.files.untrusted import is_count, is_plain
from ganzoo.report.embedded_images import Grid, affordable, image
from ganzoo.report.html import Html, el
from ganzoo.report.run_files import RunFiles, Table, as_number
from ganzoo.report.shared_markup import format_name
from ganzoo.runs.layout import RunPaths

SHOWN = 4  # the number of best samples, and of worst samples
MOST_SCORES = 6  # the number of scores for which samples are drawn and shown


def samples_section(files: RunFiles) -> Html | None:
    """The section of sample grids: one slider chooses the step, another compares two grids.

    Without scripts, the newest grid is shown.
    """
    readable = [grid for grid in files.samples if _is_readable(grid)]
    if not readable:
        return None
    grids = affordable(readable)
    if not grids:
        raise ValueError("no grid in samples/ is a PNG that can be read")
    columns = ", ".join(map(str, files.table("samples").get("show", [])))
    shown = f"; columns: {columns}" if columns else ""
    return el(
        "section",
        el("h2", "Samples", id="samples"),
        el(
            "p",
            f"A row is {format_a_sample(files.latest.get('trained_on'))}{shown}. ",
            _how_many(len(grids), len(files.samples)),
            class_="note",
        ),
        _frame(grids),
        _sliders(grids) if len(grids) > 1 else None,
        aria_labelledby="samples",
    )


def _is_readable(grid: Grid) -> bool:
    try:
        return grid[1].stat().st_size > 0
    except OSError:
        return False


def _how_many(shown: int, all_: int) -> str:
    if shown == all_:
        return f"All {all_} grids." if all_ > 1 else ""
    return f"Here are {shown} of the {all_} grids in samples/, spread over time."


def _frame(grids: Sequence[Grid]) -> Html:
    last = len(grids) - 1
    pictures = [
        image(
            path, f"Samples at step {step:,}", class_="grid", data_step=step, hidden=number != last
        )
        for number, (step, path) in enumerate(grids)
    ]
    return el(
        "div",
        el("div", *pictures, el("div", class_="divider", hidden=True), class_="frame"),
        class_="scroll", tabindex=0, role="group", aria_label="Sample grid",
    )  # fmt: skip


def _sliders(grids: Sequence[Grid]) -> Html:
    last = len(grids) - 1
    newest = f"step {grids[last][0]:,}"
    first = f"step {grids[0][0]:,}"
    return el(
        "div",
        _slider("time", "Step", 0, last, last, newest),
        _slider("before", "Compared with", 0, last, 0, first),
        _slider("divide", "Before | after", 0, 100, 0, "all after"),
        el("label", el("input", type="checkbox", id="enlarge"), "enlarge"),
        class_="sliders needs-script",
    )


def _slider(name: str, label: str, low: int, high: int, value: int, said: str) -> Html:
    slider = el("input", type="range", id=name, min=low, max=high, value=value)
    return el("p", el("label", label, for_=name), slider, el("output", said, for_=name))


def extremes_section(files: RunFiles) -> Html | None:
    """The samples with the best and the worst value of each score."""
    shown = [
        el("div", el("h3", f"{format_name(metric)}: {format_name(each)}"), el("div", *halves,
           class_="halves"))
        for metric, each, table in score_tables(files.sample_scores)
        if (halves := [*_halves(files.folder, metric, each, table)])
    ]  # fmt: skip
    if not shown:
        return None
    kind = f"a row is {format_a_sample(files.latest.get('trained_on'))}"
    return el(
        "section",
        el("h2", "Best and worst samples", id="extremes"),
        el("p", f"By the score of each sample, the most extreme first; {kind}.", class_="note"),
        *shown,
        aria_labelledby="extremes",
    )


def score_tables(sample_scores: Table) -> Iterator[tuple[str, str, Table]]:
    """The first MOST_SCORES scores in cases.json: metric, name, and the values of the samples."""
    tables = (
        (metric, each, table)
        for metric, scores in sample_scores.items()
        if isinstance(scores, dict)
        for each, table in scores.items()
        if isinstance(table, dict) and isinstance(table.get("values"), list)
    )
    for _, entry in zip(range(MOST_SCORES), tables, strict=False):
        yield entry


def extremes(table: Table) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """The best samples and the worst, most extreme first, each with its value.

    No sample is in both lists; a sample whose value is not a number is in neither.
    """
    values = [(index, as_number(value)) for index, value in enumerate(table["values"])]
    known = [(index, value) for index, value in values if value is not None]
    sign = -1 if table.get("higher_is_better", True) else 1
    known.sort(key=lambda sample: (sign * sample[1], sample[0]))
    count = min(SHOWN, (len(known) + 1) // 2)
    return known[:count], known[count:][::-1][:count]


def extreme_file(folder: Path, metric: str, each: str, side: str) -> Path:
    """Where the picture of these samples is: `cases/labels-class_iou-best.png`."""
    name = re.sub(r"[^\w.-]+", "_", f"{metric}-{each}-{side}")
    return RunPaths(folder).extremes / f"{name.lstrip('.')}.png"


def _item(table: Table, index: int) -> int:
    """The number of a sample in the whole data, of which the scores may be of some."""
    items = table.get("items")
    known = items[index] if isinstance(items, list) and index < len(items) else index
    return known if is_count(known) else index


def _halves(folder: Path, metric: str, each: str, table: Table) -> Iterator[Html]:
    for side, samples in zip(("best", "worst"), extremes(table), strict=True):
        path = extreme_file(folder, metric, each, side)
        if samples and is_plain(path, within=folder):
            entries = [
                el("li", f"sample {_item(table, index)}: {value:.4g}") for index, value in samples
            ]
            alt = f"The {side} {len(samples)} samples by {format_name(each)}, a row each"
            yield el(
                "figure",
                el("figcaption", el("strong", side.capitalize()), el("ol", *entries)),
                el("div", image(path, alt, class_="grid"), class_="scroll", tabindex=0,
                   role="group", aria_label=f"{side} samples by {format_name(each)}"),
            )  # fmt: skip
