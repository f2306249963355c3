"""`ganzoo reproduce TABLE ...`: trains the systems of the papers' tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Device, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say

if TYPE_CHECKING:
    import torch

    from ganzoo.reproduce.reproduction import Reproduction


Tables = Annotated[
    list[str] | None,
    typer.Argument(metavar="TABLE ...", help="Tables by name, or TOML files. [default: all]"),
]
BudgetOf = Annotated[
    str, typer.Option(metavar="NAME", help="How long and on what: minutes, paper, or a file.")
]
Seeds = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Seeds 0 to N - 1. [default: as the tables say]"),
]
Page = Annotated[Path | None, typer.Option(metavar="PAGE", help="Write the tables into this page.")]
Check = Annotated[
    bool,
    typer.Option("--check", help="Check every system at its true size, without data; no training."),
]


def reproduce(
    tables: Tables = None,
    budget: BudgetOf = "minutes",
    seeds: Seeds = None,
    out: Annotated[Path, typer.Option(help="Where the runs go.")] = Path("runs/reproduce"),
    write: Page = None,
    no_train: Annotated[
        bool, typer.Option("--no-train", help="Train nothing; measure and write what is there.")
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List the tables and budgets, and do nothing else.")
    ] = False,
    check: Check = False,
    set_: Set = None,
    device: Device = "",
) -> None:
    """Train the systems of the papers' tables, and write scores beside the published ones.

    Every system is trained once, whatever the number of tables that name it: seed 0 of all first.
    After Ctrl-C the same command goes on. --write rewrites the tables' own blocks of a page.
    """
    from ganzoo.reproduce.paper_tables import find_budget, find_tables

    asked, chosen = find_tables(tables or []), find_budget(budget)
    if list_:
        from ganzoo.cli.pages.paper_tables_page import list_tables

        list_tables(asked)
        return
    import_torch()
    from ganzoo.engine.device import find_device
    from ganzoo.reproduce.reproduction import plan_reproduction

    where, needs_data = find_device(device), not (check or no_train)
    planned = plan_reproduction(asked, chosen, out, seeds, set_ or [], needs_data=needs_data)
    if check:
        _say_checked(planned)
        return
    _carry_out(planned, write, where, training=not no_train)


def _say_checked(planned: Reproduction) -> None:
    """Say what was checked, a line for each system."""
    from ganzoo.cli.pages.reproduction_page import print_checked

    print_checked(planned)
    if planned.refused:
        raise typer.Exit(1)


def _carry_out(
    planned: Reproduction, page: Path | None, device: torch.device, *, training: bool
) -> None:
    """Say what will be done, do it, and write the page after every run and at the end."""
    from ganzoo.cli.pages.reproduction_page import print_plan
    from ganzoo.compare.train_systems import Stopped
    from ganzoo.reproduce.carry_out import carry_out
    from ganzoo.reproduce.reproduction import without_refused_metrics

    print_plan(planned, training)
    planned, sentences = without_refused_metrics(planned, training=training)
    for sentence in sentences:
        say(f"note: {sentence}")
    try:
        failed = carry_out(
            planned, say, device, training=training, after_each=lambda: _write(planned, page)
        )
    except Stopped:
        _write(planned, page)
        say("\nStopped; what was done is saved. Go on with the same command.")
        raise typer.Exit(STOPPED) from None
    _write(planned, page, device)
    if failed or planned.refused:
        say(f"failed: {', '.join([*map(str, failed), *planned.refused])}", err=True)
        raise typer.Exit(1)


def _write(planned: Reproduction, page: Path | None, device: torch.device | None = None) -> None:
    """Write the page, if one is asked for; with a device, draw its pictures anew first."""
    from ganzoo.reproduce.results_page import write_page
    from ganzoo.reproduce.table_pictures import draw_tables, drawn_pictures

    if page is None:
        return
    folder = page.parent / "images"
    if device is not None:
        draw_tables(planned, folder, say, device)
    write_page(planned, page, drawn_pictures(planned, folder))
    say(f"{page}: written")
