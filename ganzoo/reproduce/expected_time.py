"""How long runs will take, by the speed of runs of the same system that were trained here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from ganzoo.compare.run_scores import images_per_second
from ganzoo.compare.systems import System, SystemRun
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.listing import describe


def expect_seconds(system: System, run: SystemRun) -> float | None:
    """The time that a run still takes, without evaluations; None if no run of its system tells.

    A run that is finished takes none.
    """
    if run.state == "finished":
        return 0
    known = [s for each in system.trainings if (s := _seconds_a_step(system, each)) is not None]
    steps = _steps(system)
    if not known or steps is None:
        return None
    done = describe(run.folder).step or 0 if run.state == "begun" else 0
    return statistics.median(known) * (steps - done)


def format_seconds(times: Sequence[float | None]) -> str:
    """The sum as `3 h 20 min`; `at least` where some are unknown, `unknown` where all are."""
    known = [time for time in times if time is not None]
    if not any(known) and len(known) < len(times):
        return "unknown until the first run has shown it"
    minutes = math.ceil(sum(known) / 60)
    hours, rest = divmod(minutes, 60)
    text = f"{hours} h {rest} min" if hours else f"{minutes} min"
    return text if len(known) == len(times) else f"at least {text}"


def _seconds_a_step(system: System, run: SystemRun) -> float | None:
    speed = images_per_second(RunFolder(run.folder)) if run.folder.exists() else None
    return system.blueprint.recipe.train.batch_size / speed if speed else None


def _steps(system: System) -> int | None:
    """The length of a run in steps; None where it is in epochs and no run has begun."""
    length = system.blueprint.recipe.train.length
    if length.unit == "epochs":
        runs = [describe(each.folder).steps for each in system.trainings if each.folder.exists()]
        return next((steps for steps in runs if steps), None)
    return length.steps(1, system.blueprint.recipe.train.batch_size)
