"""`ganzoo study texts|plan`: what is prepared before people are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from ganzoo.printing.text import say

from ganzoo_study.study_app import app


@app.command()
def texts(
    language: Annotated[str, typer.Option(help="One that ships.")] = "en",
) -> None:
    """Print all that participants read, as a TOML file to translate or rewrite."""
    from ganzoo_study.page_texts import shipped_file

    say(shipped_file(language), end="")


@app.command()
def plan(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="Keep the plan in this study, for its report."),
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]PERCENT", help="% labelled real of a method; give two of them."
        ),
    ] = None,
    spread: Annotated[
        float, typer.Option(min=0, max=49, help="Of it between participants, in points.")
    ] = 12.0,
    trials: Annotated[
        int, typer.Option(min=0, max=1000, help="Scored ones. [default: the study's, or 40]")
    ] = 0,
    power: Annotated[
        float, typer.Option(min=5, max=99.99, help="In so many % of studies it is detected.")
    ] = 80.0,
    alpha: Annotated[
        float, typer.Option(min=0.01, max=50, help="% of studies that find what is not there.")
    ] = 5.0,
    analyses: Annotated[int, typer.Option(min=1, max=20, help="How often it may be decided.")] = 5,
) -> None:
    """How many participants a difference between two methods needs, and when to stop early."""
    from ganzoo_study import planning
    from ganzoo_study.sample_size import plan_difference

    rates = planning.read_rates(rate or [])
    study = planning.open_unbegun(folder) if folder else None
    named = planning.name_rates(study, rates)
    assumed = planning.assume(
        study, named, spread / 100, trials, power / 100, alpha / 100, analyses
    )
    result = plan_difference(assumed)
    if folder and study:
        planning.keep_plan(folder, study, tuple(named), assumed, result)
    planning.tell_plan(assumed, result)
    if folder:
        say(f"\n{folder} keeps the plan; ganzoo study report {folder} says when it is decided")
