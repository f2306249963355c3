"""What `ganzoo plan` prints: the images, cautions, decisions with their reasons, the expected cost.

`print_summary` prints it in eight lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ganzoo.interfaces.rule import Caution
from ganzoo.planning.drafting import Decided
from ganzoo.planning.plan_words import (
    KINDS,
    Rows,
    decisions_of,
    describe_candidates,
    describe_cost,
    describe_gap,
    describe_images,
    describe_layout,
    group_by_reason,
    summarize,
)
from ganzoo.planning.recipe_plan import RecipePlan
from ganzoo.planning.trial_table import TrialTable
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import one_line

STYLES = {"stop": "bold red", "warning": "bold yellow", "note": "bold"}
HEADS = ("tried", "steps", "realism", "faithfulness", "")  # of the table of trials
NAMES = 32  # columns of names, at most


def print_plan(plan: RecipePlan, command: str, console: Console | None = None) -> None:
    """Print all of a plan.

    command: what trains its recipe.
    """
    console = console or Terminal()
    console.print(Text(f"{one_line(plan.name)}: {describe_layout(plan)}", "bold"))
    rows = [
        (f"{name}  {domain.folder_name}", describe_images(domain))
        for name, domain in plan.facts.named_domains
    ]
    _print_rows([*rows, ("apart", describe_gap(plan.facts))], console)
    print_cautions(plan.cautions, console)
    for how, title in KINDS.items():
        if decided := decisions_of(plan, how):
            _print_heading(title, console)
            _print_decisions(decided, console)
    _print_heading("Expected", console)
    _print_text(describe_cost(plan), 2, console)
    if plan.trials:
        _print_trials(plan.trials, console)
    else:
        _print_heading("Candidates, likeliest first; --try 3 compares the first ones", console)
        _print_rows(describe_candidates(plan), console)
    _print_heading("Next", console)
    console.print(Text(f"  {command}"), soft_wrap=True)


def print_summary(plan: RecipePlan, why: str, console: Console | None = None) -> None:
    """Print a plan in eight lines, then its warnings.

    why: where its reasons are.
    """
    console = console or Terminal()
    title = f"{one_line(plan.name)}: {describe_layout(plan)}"
    lines = [("plan", title), *summarize(plan), ("why", why)]
    left = max(len(word) for word, _ in lines)
    for word, text in lines:
        line = Text(f"{word.ljust(left)}  {one_line(text)}")
        line.stylize("bold", 0, left)
        _print_cut(line, console)
    if plan.trials:
        console.print()
        _print_text(one_line(plan.trials.verdict), 0, console)
    print_cautions([each for each in plan.cautions if each.level != "note"], console)


def print_cautions(cautions: Sequence[Caution], console: Console) -> None:
    """Print what to beware of, with advice below."""
    for each in cautions:
        console.print()
        text = Text(f"{each.level}: ", STYLES[each.level])
        console.print(text.append(one_line(each.text), "not bold default"))
        if each.advice:
            _print_text(f"-> {one_line(each.advice)}", 4, console)


def _print_heading(text: str, console: Console) -> None:
    console.print()
    console.print(Text(text, "bold"))


def _print_text(text: str, indent: int, console: Console) -> None:
    console.print(Padding(Text(text), (0, 0, 0, indent)))


def _print_cut(line: Text, console: Console) -> None:
    """Print a line, cut where it is too long."""
    console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def _print_rows(rows: Rows, console: Console) -> None:
    table = _columns()
    table.add_column(max_width=NAMES, overflow="fold")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(Text(one_line(name)), Text(one_line(text)))
    console.print(Padding(table, (0, 0, 0, 2)))


def _print_decisions(decided: Sequence[tuple[str, Decided]], console: Console) -> None:
    """Print settings with their values, those of one reason together, and the reason below."""
    for reason, group in group_by_reason(decided):
        for path, value in group:
            _print_cut(Text(f"  {one_line(path)} = {one_line(value)}"), console)
        _print_text(one_line(reason), 6, console)


def _print_trials(trials: TrialTable, console: Console) -> None:
    _print_heading(f"Tried, on {trials.samples}", console)
    table = _columns()
    for head in HEADS:
        table.add_column(no_wrap=head != HEADS[-1], overflow="fold", max_width=NAMES)
    table.add_row(*HEADS, style="bold")
    for *cells, state, remark in trials.cells():
        outcome = ": ".join(filter(None, (state, remark)))
        table.add_row(*(Text(one_line(cell)) for cell in (*cells, outcome)))
    console.print(Padding(table, (0, 0, 0, 2)))
    _print_text(trials.legend(), 2, console)
    _print_text(one_line(trials.verdict), 2, console)


def _columns() -> Table:
    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
