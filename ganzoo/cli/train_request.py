"""Training for `ganzoo run` and `ganzoo resume`: in this process, or in several."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ganzoo.cli.options import seconds
from ganzoo.cli.torch_import import import_torch
from ganzoo.launch.worker import (
    STOPPED,
    answer_signals,
    end_quietly,
    is_first,
    is_launched,
    launcher,
    restore_signals,
    started_at,
)
from ganzoo.printing.text import say
from ganzoo.runs.commands import resume_command
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.lock import refuse_owned
from ganzoo.runs.run_record import last_start, read_record
from ganzoo.training.streams import steady_output

if TYPE_CHECKING:
    from ganzoo.inference.model import Model
    from ganzoo.recipe.loading import LoadedRecipe
    from ganzoo.training.outcome import Outcome

# Exit codes of a run that stopped before its end.
BY_ALARM = 3


@dataclass(frozen=True)
class Request:
    """A training as the command line asks for it.

    words: the command as it was typed, from its name on.
    recipe: the recipe to train. folder: the run's folder.
    overridden: whether settings were given.
    plan: the files of the plan that the recipe is of, by name.
    changes: settings that may differ from the resumed run: `optimizers.default.lr=1e-4`, `data`.
    """

    words: Sequence[str]
    recipe: LoadedRecipe
    folder: Path
    resume: bool
    stop_after: str | None
    processes: int | None
    overridden: bool = False
    changes: Sequence[str] = ()
    plan: Mapping[str, bytes] = field(default_factory=dict)


def typed_words(context: typer.Context) -> list[str]:
    """The words of a command as a person typed them, from its name on."""
    line: list[str] = list(context.find_root().command.line)  # type: ignore[attr-defined]
    return line[line.index(str(context.info_name)) :]


def begin(request: Request) -> None:
    """Train as requested, in one process or several; ends with the command's exit code."""
    steady_output()
    before = answer_signals(_interrupt)
    try:
        code = _begin(request)
    except KeyboardInterrupt:
        if is_first():
            say(_format_interrupted(request.folder))
        code = STOPPED
        if launcher():
            raise
    finally:
        restore_signals(before)
        end_quietly()
    if code and not launcher():
        raise typer.Exit(code)


def _interrupt(*_: object) -> None:
    """Handle a signal before training begins and after it has ended."""
    raise KeyboardInterrupt


def _begin(request: Request) -> int:
    """Train in this process or several; returns the exit code."""
    from ganzoo.cli.early import refuse_early

    started = started_at(time.time())
    limit = None if request.stop_after is None else seconds(request.stop_after)
    until = None if limit is None else started + limit
    record = _read_record(request.folder, tell=True) if request.resume else None
    if record and record["state"] == "finished" and not (request.overridden or request.changes):
        say(_format_was_finished(request.folder, record))
        return 0
    if not is_launched():
        if request.resume:
            refuse_owned(request.folder)
        refuse_early(request.recipe)
    import_torch()
    count = request.processes or _count_processes(record)
    if count > 1 and not is_launched():
        return _train_in_several(request, count, started)
    return _train_here(request, until)


def _train_here(request: Request, until: float | None) -> int:
    """Train in this process; returns the exit code."""
    from ganzoo.builder import build_recipe
    from ganzoo.printing.terminal import Terminal
    from ganzoo.runs.resume_rules import changed_paths
    from ganzoo.training.train import train

    experiment = build_recipe(request.recipe, start=not request.resume)
    experiment.plan = request.plan
    outcome = train(
        experiment,
        request.folder,
        resume=request.resume,
        console=Terminal(),
        until=until,
        processes=request.processes,
        changes=changed_paths(request.changes),
    )
    if outcome.main:
        done = outcome.finished
        end = _format_finished(request.folder, experiment.model()) if done else ""
        say(end or _format_stopped(outcome, request.folder))
    if outcome.alarm:
        return BY_ALARM
    unasked = bool(outcome.reason) or until is not None
    return STOPPED if not outcome.finished and (outcome.asked or not unasked) else 0


def _train_in_several(request: Request, count: int, started: float) -> int:
    """Check the recipe here, so that a mistake is reported once, then train in `count` processes.

    Returns the exit code.
    """
    from ganzoo.builder.experiment import check_recipe
    from ganzoo.launch.processes import WorkerError, check_devices, launch
    from ganzoo.runs.folder import RunFolder
    from ganzoo.runs.listing import describe_how_to_go_on
    from ganzoo.runs.path_checks import refuse_taken
    from ganzoo.runs.resume_rules import changed_paths

    recipe = check_recipe(request.recipe, count=False).blueprint.recipe
    if request.resume:
        folder = RunFolder(request.folder)
        try:
            folder.take(recipe, changed_paths(request.changes))
        finally:
            folder.lock.release()
    else:
        refuse_taken(request.folder)
    check_devices(count, recipe.train.device)
    try:
        stopped = launch(count, _words_for_workers(request.words, count), started)
    except WorkerError as error:
        say(f"{error.trace}ganzoo: {error}\n  {describe_how_to_go_on(request.folder)}", err=True)
        raise typer.Exit(1) from None
    if stopped and (_read_record(request.folder) or {}).get("state") not in ("stopped", "finished"):
        raise KeyboardInterrupt  # the processes were killed before they could save
    by_alarm = _read_reason(request.folder).startswith("alarm ")
    return STOPPED if stopped else BY_ALARM if by_alarm else 0


def _words_for_workers(words: Sequence[str], count: int) -> list[str]:
    """The command for each of several processes: as it was typed, so that no option is lost.

    --processes is added, as `ganzoo resume` takes it from the run if it is not typed.
    """
    name, *others = words
    return [name, "--processes", str(count), *others]


def _read_reason(folder: Path) -> str:
    """Why the run stopped, by its record."""
    record = _read_record(folder)
    return str(last_start(record).get("reason", "")) if record else ""


def _read_record(folder: Path, tell: bool = False) -> dict[str, Any] | None:
    """The record of a run; None if it has none, or it cannot be read.

    tell: whether to warn of a record that cannot be read, once for all processes.
    """
    try:
        return read_record(folder)
    except (OSError, ValueError) as error:
        if tell and not launcher():
            set_aside_as = RunPaths(folder).damaged_record.name
            say(
                f"note: {error}; the run goes on without it, and {set_aside_as} keeps it",
                err=True,
            )
        return None


def _count_processes(record: dict[str, Any] | None) -> int:
    """The number of processes of the run's last start; 1 if that was on several machines."""
    entry = last_start(record) if record else {}
    return int(entry.get("processes") or 1) if entry.get("nodes") == 1 else 1


def _format_was_finished(folder: Path, record: dict[str, Any]) -> str:
    longer = f"{resume_command(folder)} --set 'train.length=...'"
    return (
        f"{folder} is finished: {record.get('step')} of {record.get('steps')} steps; nothing was "
        f"changed. Make it longer with:\n  {longer}"
    )


def _format_finished(folder: Path, model: Model) -> str:
    from ganzoo.inference.drawing import is_drawable

    drawn = bool(model.outputs) and is_drawable(model, next(iter(model.outputs)))
    command, files = ("sample", "OUTPUT") if drawn else ("translate", "INPUT OUTPUT")
    return (
        f"\nDone: {folder} holds the model, the samples, the losses and the log. Use it:\n"
        f"  ganzoo {command} {shlex.quote(str(folder))} {files}"
    )


def _format_stopped(outcome: Outcome, folder: Path) -> str:
    go_on, saved = resume_command(folder), f"everything is saved in {folder}"
    by = f" by the alarm {outcome.alarm}" if outcome.alarm else ""
    why = f" ({outcome.reason})" if outcome.reason and not by else ""
    return f"\nStopped{by} after step {outcome.step}{why}; {saved}. Go on with:\n  {go_on}"


def _format_interrupted(folder: Path) -> str:
    if not folder.exists():
        return "\nStopped before anything was made"
    from ganzoo.runs.listing import describe_how_to_go_on

    return f"\nStopped at once, without saving; {describe_how_to_go_on(folder)}"
