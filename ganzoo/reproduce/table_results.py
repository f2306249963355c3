"""A paper's table with its results here, as Markdown: published values beside measured ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganzoo.compare.comparison_table import NOTHING, Cell, format_number
from ganzoo.compare.run_scores import RunScores, read_scores
from ganzoo.evaluation.observed import DRAWN, Observed, format_observed
from ganzoo.printing.tabular import markdown_row
from ganzoo.reproduce.paper_tables import PaperRow, PaperTable
from ganzoo.reproduce.reproduction import Reproduction
from ganzoo.reproduce.scores_beside import format_beside

NOT_RUN = "not run"


@dataclass(frozen=True)
class RowResults:
    """What was measured for a row of a table.

    last, best: by seed, the scores of the last and of the best model.
    why: why it was not run; "" where it can be.
    """

    row: PaperRow
    last: dict[int, RunScores]
    best: dict[int, RunScores]
    why: str = ""


def read_results(planned: Reproduction, table: PaperTable) -> list[RowResults]:
    """What was measured for each row of a table so far."""
    return [_read_row(planned, table, row) for row in table.rows]


def _read_row(planned: Reproduction, table: PaperTable, row: PaperRow) -> RowResults:
    why = table.not_run or planned.why_not_run(row.system)
    if why:
        return RowResults(row, {}, {}, why)
    folders = dict(enumerate(run.folder for run in planned.system_of(row.system).trainings))
    last, best = (
        {seed: scores for seed, f in folders.items() if (scores := read_scores(f, is_best))}
        for is_best in (False, True)
    )
    return RowResults(row, last, best)


def format_table(table: PaperTable, results: Sequence[RowResults]) -> str:
    """The table as Markdown, with its baselines, and below it what each seed gave."""
    if table.not_run:
        return _published_alone(table, results)
    count = len(table.scores)
    head = ["", f"published: {' / '.join(table.headings)}"]
    head += [f"last: {heading}" for heading in table.headings]
    head += [f"best: {heading}" for heading in table.headings]
    lines = [markdown_row([*head, "seeds"]), "|---|---" + "|---:" * (2 * count + 1) + "|"]
    lines += [markdown_row(_row(table, each)) for each in results]
    lines += [markdown_row(row) for row in _baselines(table, results)]
    said = [*_conditions(table, results), *_reasons(results)]
    beside = format_beside(
        table.also, {each.row.name: [*each.last.values()] for each in results if each.last}
    )
    sentences = [f"\n{sentence}" for sentence in said]
    return "\n".join([*lines, *sentences, *beside, *_seeds(table, results)])


def _published_alone(table: PaperTable, results: Sequence[RowResults]) -> str:
    """A table of which no row can be trained."""
    lines = [markdown_row(["", *table.headings, "here"]), "|---" * (len(table.headings) + 2) + "|"]
    lines += [markdown_row([each.row.name, *each.row.published, NOT_RUN]) for each in results]
    return "\n".join([*lines, f"\nNot run: {table.not_run}."])


def _row(table: PaperTable, result: RowResults) -> list[str]:
    published = " / ".join(result.row.published) or "not known here"
    last = _cells(table, [*result.last.values()], NOT_RUN)
    best = _cells(table, [*result.best.values()], NOTHING if result.last else NOT_RUN)
    return [result.row.name, published, *last, *best, str(len(result.last) or NOTHING)]


def _cells(table: PaperTable, runs: Sequence[RunScores], missing: str) -> list[str]:
    """A cell for each score: mean ± standard deviation, or for one seed the value's interval."""
    return [_cell(score, runs, missing) for score in table.scores]


def _cell(score: str, runs: Sequence[RunScores], missing: str) -> str:
    metric, _, name = score.partition(".")
    values = [value for run in runs if (value := _value(run, metric, name)) is not None]
    if not values:
        return missing
    interval = _interval(runs[0], metric, name) if len(values) == 1 else None
    cell = Cell.of(values)
    return format_number((metric, name), Cell(cell.mean, cell.deviation, interval))


def _value(run: RunScores, metric: str, name: str) -> float | None:
    rows = run.scores.get(metric, {})
    return next(iter(rows.values()), {}).get(name)


def _interval(run: RunScores, metric: str, name: str) -> tuple[float, float] | None:
    rows = run.intervals.get(metric, {})
    ends = next(iter(rows.values()), {}).get(name)
    return (ends[0], ends[1]) if ends else None


def _baselines(table: PaperTable, results: Sequence[RowResults]) -> Iterator[list[str]]:
    """The rows of baselines, which are properties of the test images: the first run's."""
    run = next((run for each in results for run in each.last.values()), None)
    metrics = dict.fromkeys(score.partition(".")[0] for score in table.scores)
    for metric in metrics if run else ():
        assert run is not None
        for name, values in list(run.scores.get(metric, {}).items())[1:]:
            published = " / ".join(table.baselines.get(name, [])) or NOTHING
            cells = [
                f"{values[score]:.3f}" if own == metric and score in values else NOTHING
                for own, _, score in (each.partition(".") for each in table.scores)
            ]
            blank = [NOTHING] * (len(table.scores) + 1)
            yield [f"*{name}*", published, *cells, *blank]


def _conditions(table: PaperTable, results: Sequence[RowResults]) -> list[str]:
    """On what the table's metrics were measured."""
    metrics = dict.fromkeys(score.partition(".")[0] for score in table.scores)
    runs = [run for each in results for run in each.last.values()]
    said = {
        f"`{metric}` was measured on {on}."
        for metric in metrics
        for run in runs
        if (on := format_observed(_of_the_data(run.observed.get(metric, {}))))
    }
    return sorted(said)


def _of_the_data(observed: Observed) -> Observed:
    """What was observed, without draws of latents."""
    return {kind: items for kind, items in observed.items() if kind != DRAWN}


def _reasons(results: Sequence[RowResults]) -> list[str]:
    """Why rows were not run; equal reasons once."""
    names: dict[str, list[str]] = {}
    for each in results:
        if each.why:
            names.setdefault(each.why, []).append(each.row.name)
    return [f"Not run ({', '.join(rows)}): {why}." for why, rows in names.items()]


def _seeds(table: PaperTable, results: Sequence[RowResults]) -> list[str]:
    """The value of every seed, with its 95 % interval over the test samples; folded away."""
    rows = [
        markdown_row([each.row.name, str(seed), model, *_cells(table, [scores], NOTHING)])
        for each in results
        for seed in each.last
        for model, scores in (("last", each.last[seed]), ("best", each.best.get(seed)))
        if scores is not None
    ]
    if not rows:
        return []
    head = [markdown_row(["", "seed", "model", *table.headings])]
    head += ["|---|---|---" + "|---:" * len(table.headings) + "|"]
    summary = "<summary>each seed, with the 95 % interval over the test samples</summary>"
    return ["", f"<details>{summary}\n", *head, *rows, "\n</details>"]
