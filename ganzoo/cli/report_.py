"""`ganzoo report RUN`: writes a run's page anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.resume import no_run
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say
from ganzoo.runs.layout import RunPaths


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, as runs/cyclegan.")],
) -> None:
    """Write report.html of a run anew, from the files in its folder; open it in a browser."""
    if not RunPaths(run).is_run():
        raise GanzooError(no_run(run))
    from ganzoo.report.report_page import write_report

    try:
        say(write_report(run, tell=lambda fault: say(f"note: {fault}", err=True)))
    except OSError as error:
        raise GanzooError(f"{run}: report.html cannot be written ({error.strerror})") from error
