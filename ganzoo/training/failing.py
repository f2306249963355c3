"""What ends a training before its time, as a sentence: the cause, what is safe, what to type."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

from ganzoo.engine.loader import unwrap_worker_error
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import DataError, GanzooError, RunError
from ganzoo.runs.commands import resume_command
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import MOVED, describe_how_to_go_on
from ganzoo.training.checkpoint_writer import CheckpointWriter
from ganzoo.training.session import Session

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def describe_failure(error: Exception, checkpoints: CheckpointWriter) -> Exception:
    """The exception to raise for an error that ended a training, saved if that is possible.

    An error that a user can mend becomes a sentence. Any other is returned as it is, with a note of
    what is saved.
    """
    session = checkpoints.session
    cause = _describe_cause(error, session.trainer, session.folder.path)
    safe = _save_if_possible(checkpoints)
    if not cause:
        error.add_note(safe)
        return error
    kind = DataError if isinstance(error, DataError) else RunError
    return kind(f"{cause}\n  {safe}")


def end_training(session: Session) -> None:
    """Tell the callbacks that training is over; all is saved by now.

    Raises:
        RunError: one fails.
    """
    try:
        session.trainer.end()
    except RunError as error:
        safe = describe_how_to_go_on(session.folder.path)
        raise RunError(f"{error}\n  {safe}") from error


def save_last_step(checkpoints: CheckpointWriter) -> None:
    """Save after the last whole step, where data for the next one do not come.

    Raises:
        KeyboardInterrupt: there are several processes; saving takes all of them.
    """
    if checkpoints.session.trainer.accelerator.num_processes > 1:
        raise KeyboardInterrupt
    checkpoints.save()


def _describe_cause(error: Exception, trainer: Trainer, folder: Path) -> str:
    """The cause as a sentence; empty where a traceback tells more."""
    if trainer.workers.failed:
        return _describe_lost_worker(trainer.workers.failed[0])
    if isinstance(error, DataError):
        return str(unwrap_worker_error(error))
    if isinstance(error, GanzooError):
        return str(error)
    if not isinstance(error, OSError):
        return ""
    if error.errno is None:  # a worker's: its traceback ends with the error
        return str(error).strip().rpartition("\n")[2]
    what, why = error.filename or folder, error.strerror
    if error.errno in FULL:
        return f"{what}: the disk is full ({why}); make room"
    if not RunPaths(folder).owner.exists():
        return f"{folder}: this run's folder is gone, deleted or moved"
    return f"{what}: cannot be used ({why})"


def _describe_lost_worker(code: int) -> str:
    """How a data worker ended, by its exit code."""
    if code >= 0:
        return f"a data worker ended with exit code {code}"
    name = signal.Signals(-code).name
    memory = (
        "; the system does so when memory runs out: --set train.workers=0 takes less"
        if name == "SIGKILL"
        else ""
    )
    return f"a data worker was killed by {name}{memory}"


def _save_if_possible(checkpoints: CheckpointWriter) -> str:
    """Save, unless other processes or an unfinished step forbid it; returns how to go on.

    Saving takes all processes, and the others may be in the middle of a step. After an error within
    a step only some weights have moved.
    """
    trainer, folder = checkpoints.session.trainer, checkpoints.session.folder.path
    if not RunPaths(folder).owner.exists():  # a write in progress may have made the folder anew
        return MOVED
    if trainer.accelerator.num_processes == 1 and not trainer.moving:
        try:
            checkpoints.save()
        except (OSError, GanzooError):
            pass
        else:
            go_on = resume_command(folder)
            return f"the run is saved at step {trainer.done}: mend it and go on with: {go_on}"
    return describe_how_to_go_on(folder)
