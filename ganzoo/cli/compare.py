"""`ganzoo compare RECIPE-OR-RUN ...`: compares systems by scores and pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Device, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say
from ganzoo.runs.model_names import names_run

if TYPE_CHECKING:
    import torch

    from ganzoo.compare.shared_metrics import Tables
    from ganzoo.compare.systems import System


def compare(
    systems: Annotated[
        list[str], typer.Argument(metavar="RECIPE-OR-RUN ...", help="Recipes, runs, ready models.")
    ],
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Train each recipe from seeds 0 to N - 1.")
    ] = 1,
    set_: Set = None,
    out: Annotated[Path, typer.Option(help="Where runs, tables and pictures go.")] = Path(
        "runs/comparison"
    ),
    device: Device = "",
) -> None:
    """Train what is not trained yet, then put all systems into one table and one picture.

    Finished runs are kept: give more recipes or seeds later, and only those are trained. --set
    changes all recipes, as --set 'train.length=500 steps'; runs that are given stay as they are.
    --device says where trained models are measured; a recipe's train.device, where it trains.
    """
    _look_ahead(systems, set_ or [])
    from ganzoo.compare.shared_metrics import plan_metrics
    from ganzoo.compare.systems import differing_data, find_systems
    from ganzoo.compare.train_systems import Stopped, train_all
    from ganzoo.engine.device import find_device

    where = find_device(device)
    compared = find_systems(systems, seeds, set_ or [], out)
    metrics, refused = plan_metrics(compared)
    for sentence in refused:
        say(f"note: {sentence}")
    try:
        failed = train_all(compared, say)
    except Stopped:
        say("\nStopped; what was done is saved. Go on with the same command.")
        raise typer.Exit(STOPPED) from None
    _report([system for each in compared if (system := each.without(failed))], metrics, out, where)
    for line in differing_data(compared):
        say(f"note: {line}")
    if failed:
        raise typer.Exit(1)


def _look_ahead(systems: list[str], overrides: list[str]) -> None:
    """Refuse recipes with faults that their text shows, all in one message; then import torch."""
    from ganzoo.cli.early import refuse_early
    from ganzoo.recipe.loading import read_recipe

    wrong = []
    for name in dict.fromkeys(systems):
        try:
            if not names_run(name):
                refuse_early(read_recipe(name, overrides), data=False)
        except GanzooError as error:
            wrong.append(str(error))
    if wrong:
        again = [
            f"'{Path(n).stem}' is given {k} times" for n, k in Counter(systems).items() if k > 1
        ]
        raise GanzooError("\n".join([*wrong, *again]))
    import_torch()


def _report(
    systems: list[System], metrics: dict[str, Tables], out: Path, device: torch.device
) -> None:
    """Measure the trained systems, write the table and the pictures, and show the table."""
    from ganzoo.cli.pages.comparison import print_comparison
    from ganzoo.compare.comparison_files import write_report

    if systems:
        table, files = write_report(systems, metrics, out, say, device)
        print_comparison(table)
        say("\n" + "\n".join(map(str, files)))
