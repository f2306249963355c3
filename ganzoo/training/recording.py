"""run.json, from a training's start to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ganzoo.errors import RunError, first_line
from ganzoo.files.writing import remove
from ganzoo.runs.checkpoint_folders import UNFINISHED
from ganzoo.training.environment import environment
from ganzoo.training.report_writer import ReportWriter
from ganzoo.training.session import Session


@contextmanager
def recording(session: Session, report: ReportWriter) -> Iterator[None]:
    """Keep run.json and the report up to date, whatever ends the training; the main process does.

    The report is written for the last time after run.json says how training ended.
    """
    if not session.is_main:
        yield
        return
    trainer, record = session.trainer, session.record
    entry = {
        **environment(session.experiment, trainer.accelerator),
        **session.choices.record(),
        **_data(session),
    }
    record.begin(entry, trainer.done, trainer.timetable.steps)
    try:
        yield
    except BaseException as error:
        _end_badly(session, report, error)
        raise
    if session.finished:
        report.draw_extremes(session.splits.test)
    record.end("finished" if session.finished else "stopped", session.stop_reason)
    report.finish()


def _data(session: Session) -> dict[str, Any]:
    """What is trained on, how held-out items are dealt, and what was changed on purpose."""
    data = session.trainer.data
    described = {"summary": data.summary(), "fingerprint": data.fingerprint()}
    changes = {"changes": [*session.changes]} if session.changes else {}
    splits = {"splits": dealt} if (dealt := session.describe_splits()) else {}
    return {**({"data": described} if any(described.values()) else {}), **splits, **changes}


def _end_badly(session: Session, report: ReportWriter, error: BaseException) -> None:
    """Write down why, unless the folder is no longer this run's, or is gone."""
    with suppress(OSError, RunError):
        session.folder.lock.check()
        remove(session.folder.checkpoints / UNFINISHED)  # on a full disk it is in the way
        session.record.end("interrupted", first_line(error))
        if isinstance(error, Exception):  # who presses Ctrl-C twice does not wait
            report.finish()
