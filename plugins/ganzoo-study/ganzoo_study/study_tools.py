"""`ganzoo study texts|plan|recruit|export|simulate`: all that surrounds asking people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from ganzoo.printing.text import say

from ganzoo_study.study_app import Folder, app


@app.command()
def texts(
    language: Annotated[str, typer.Option(help="One that ships.")] = "en",
) -> None:
    """Print all that participants read, as a TOML file to translate or rewrite."""
    from ganzoo_study.page_texts import shipped_file

    say(shipped_file(language), end="")


Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rate",
        metavar="[NAME=]PERCENT",
        help="% labelled real of a method; give two of them.",
    ),
]
Spread = Annotated[
    float,
    typer.Option("--spread", min=0, max=49, help="Of it between participants, in points."),
]
Trials = Annotated[
    int,
    typer.Option(
        "--trials",
        min=0,
        max=1000,
        show_default=False,
        help="Scored ones, for each participant. [default: the study's, or 40]",
    ),
]
Power = Annotated[
    float,
    typer.Option("--power", min=5, max=99.99, help="In so many % of studies it is detected."),
]
Alpha = Annotated[
    float,
    typer.Option("--alpha", min=0.01, max=50, help="% of studies that find what is not there."),
]
Analyses = Annotated[
    int, typer.Option("--analyses", min=1, max=20, help="How often it may be decided.")
]


@app.command()
def plan(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="Keep the plan in this study, for its report."),
    ] = None,
    rate: Rates = None,
    spread: Spread = 12.0,
    trials: Trials = 0,
    power: Power = 80.0,
    alpha: Alpha = 5.0,
    analyses: Analyses = 5,
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


class PlatformName(StrEnum):
    """Who sends participants."""

    mturk = "mturk"
    sandbox = "mturk-sandbox"
    prolific = "prolific"
    other = "other"
    nobody = "none"


@app.command()
def recruit(
    folder: Folder,
    platform: Annotated[PlatformName, typer.Argument(help="Who sends participants.")],
    completion_url: Annotated[
        str, typer.Option(help="Where they go at the end; {code} in it becomes their code.")
    ] = "",
) -> None:
    """Let a platform send participants: each once, and with a completion code at the end."""
    from ganzoo_study import exporting

    recruiting = exporting.recruit(folder, platform.value, completion_url)
    if recruiting is None:
        say(f"{folder}: participants come by their link alone")
        return
    say(
        f"{folder}: participants come from {platform.value}; a server that runs must be started "
        f"again\n\nNext, with a server with TLS before it:\n"
        f"  ganzoo study export {folder} --url https://...\n"
        f"  ganzoo study serve {folder} --url https://..."
    )


@app.command()
def export(
    folder: Folder,
    url: Annotated[str, typer.Option(help="Where participants find the study, https.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where to write. [default: STUDY/export]")
    ] = None,
) -> None:
    """Write what a platform asks for, and the completion codes that were earned."""
    from ganzoo_study import exporting

    for file in exporting.export(folder, url, out or folder / "export"):
        say(file)


@app.command()
def simulate(
    folder: Folder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the answers.")],
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PERCENT", help="% labelled real of a method; of each."),
    ] = None,
    participants: Annotated[int, typer.Option(min=1, max=10_000, help="In all.")] = 50,
    spread: Annotated[
        float, typer.Option(min=0, max=49, help="Of the rate between participants, in points.")
    ] = 12.0,
    fatigue: Annotated[
        float, typer.Option(min=0, max=100, help="% of guesses in the last trial.")
    ] = 0.0,
    clickers: Annotated[
        float, typer.Option(min=0, max=100, help="% of participants who do not look.")
    ] = 0.0,
    dropouts: Annotated[
        float, typer.Option(min=0, max=100, help="% of participants who leave on the way.")
    ] = 10.0,
    reloads: Annotated[
        float, typer.Option(min=0, max=90, help="% of trials in which the page is reloaded.")
    ] = 2.0,
    lost: Annotated[
        float, typer.Option(min=0, max=100, help="% of answers that are sent twice.")
    ] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the participants.")] = 0,
) -> None:
    """Try a study out: participants of known skill answer over HTTP, into a folder of their own."""
    from ganzoo_study import simulating
    from ganzoo_study.skills import Habits

    habits = Habits(dropouts / 100, reloads / 100, lost / 100)
    shared = spread / 100, fatigue / 100, clickers / 100
    skills = simulating.read_skills(folder, rate or [], *shared)
    outcome = simulating.simulate(folder, out, skills, habits, participants, seed)
    simulating.tell_outcome(out, skills, outcome)
