"""Options that the training commands share."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from ganzoo.errors import GanzooError

WALL_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: --set train.seed=1"),
]
Best = Annotated[
    bool, typer.Option("--best", help="Of a run's folder the best model, not the last one.")
]
StopAfter = Annotated[
    str | None,
    typer.Option(
        "--stop-after",
        metavar="TIME",
        help="Save and stop after so much time, as after Ctrl-C: 90s, 30m, 1h30m.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        metavar="N",
        help="Train in N processes on this machine, each on a GPU of its own, or on the CPU.",
    ),
]


def seconds(text: str) -> int:
    """`"1h30m"` in seconds.

    Raises:
        GanzooError: it is no such time, or zero.
    """
    match = WALL_TIME.fullmatch(text.strip())
    hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + rest
    if not total:
        raise GanzooError(f"--stop-after {text}: write a time as 90s, 30m, 2h or 1h30m")
    return total
