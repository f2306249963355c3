"""Training a recipe into a run folder, with a Ctrl-C that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ganzoo.builder import Experiment
from ganzoo.engine.callbacks import Attached
from ganzoo.engine.workers import Abandoned
from ganzoo.interfaces import Callback
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import visible
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.path_checks import refuse_taken
from ganzoo.training.alarms.raising import watch_training
from ganzoo.training.checkpoint_writer import CheckpointWriter
from ganzoo.training.display import Display, display_failed, make_display, showing
from ganzoo.training.evaluator import Evaluator
from ganzoo.training.failing import describe_failure, end_training, save_last_step
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.outcome import Outcome
from ganzoo.training.preparing import Begin, prepare
from ganzoo.training.recording import recording
from ganzoo.training.report_writer import ReportWriter
from ganzoo.training.sample_drawer import SampleDrawer
from ganzoo.training.session import Session, say_aside
from ganzoo.training.stopping import Stopping
from ganzoo.training.streams import steady
from ganzoo.training.tracking import Trackers, tracking
from ganzoo.training.warnings import list_warnings


def train(
    experiment: Experiment,
    out: Path,
    *,
    resume: bool = False,
    console: Console | None = None,
    until: float | None = None,
    processes: int | None = None,
    changes: Sequence[str] = (),
    callbacks: Sequence[Callback] = (),
) -> Outcome:
    """Train into the folder `out`, or go on with the run that is there.

    changes: when going on, the settings of the recipe that may differ from the run's on purpose, as
        "optimizers.default.lr"; "data" allows other images. What changes is recorded.
    until: stop, saved, before this time (`time.time()`); one step is made in any case.
    processes: how many a launcher was asked for; others are refused.
    callbacks: the caller's own, beside those of every run; what they raise ends the run.

    Raises:
        RunError: the folder is taken, or holds nothing to resume; too few devices or processes.
        DataError: the images are missing or unreadable.
    """
    console, folder = steady(console or Terminal()), RunFolder(out)
    print_line = partial(_print_line, console)
    if not resume:
        refuse_taken(folder.path)
    try:
        session = prepare(experiment, Begin(folder, changes, resume, print_line), processes)
        quiet = console if session.is_main else Terminal(quiet=True)
        report = ReportWriter(experiment, folder.path, session.tell)
        with tracking(session) as trackers, recording(session, report):
            asked = _play(session, report, trackers, quiet, until, callbacks)
            end_training(session)
    finally:
        folder.lock.release()
    done, reason = session.trainer.done, session.stop_reason
    return Outcome(folder, done, session.finished, session.is_main, asked, reason)


def _print_line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(visible(text), style), soft_wrap=True)


def _play(
    session: Session,
    report: ReportWriter,
    trackers: Trackers | None,
    console: Console,
    until: float | None,
    callers: Sequence[Callback],
) -> bool:
    """Train; returns whether a signal asked this process to stop."""
    trainer, checkpoints = session.trainer, CheckpointWriter(session)
    evaluator = Evaluator(session, checkpoints, console)
    with _display(session, console) as display, Stopping(trainer, session.tell, until) as stopping:
        before, after = watch_training(session)
        callbacks: list[Callback | Attached] = [
            *callers,
            *before,
            LogWriter(session),
            SampleDrawer(session),
            Attached(display, failing=lambda why: say_aside(display_failed(why))),
            evaluator,
            *([trackers] if trackers else []),
            checkpoints,
            report,
            stopping,
            *after,
        ]
        try:
            trainer.play(callbacks, session.folder.checkpoint)
        except Abandoned:
            save_last_step(checkpoints)
        except Exception as error:
            if stopping.asked and trainer.accelerator.num_processes > 1:
                raise KeyboardInterrupt from error  # another one has left already
            described = describe_failure(error, checkpoints)
            raise described from None if described is error else error
    return stopping.asked is not None


@contextmanager
def _display(session: Session, console: Console) -> Iterator[Display]:
    """A display that has told what a person should know; all lines go through it meanwhile."""
    trainer, before = session.trainer, session.print_line
    display = make_display(console, trainer.timetable.steps, trainer.done, str(session.folder.path))
    with showing(display):
        session.print_line = display.note
        for warning in [*session.warnings, *list_warnings(session.experiment, trainer.data)]:
            session.tell(warning)
        try:
            yield display
        finally:
            session.print_line = before
