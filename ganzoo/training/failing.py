"""What ends a training before its time, as a sentence: the cause, what is safe, what to type."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

from ganzoo.engine.loader import unwrap_worker_error
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import DataError, GanzooError, RunError
from ganzoo.runs.commands import resume_command
from ganzoo.runs.listing import goes_on
from ganzoo.training.checkpoint_writer import CheckpointWriter

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def failed(error: Exception, checkpoints: CheckpointWriter) -> Exception:
    """What to raise for an error that ended a training, which is saved if that is possible.

    An error that is nobody's mistake stays as it is, and notes what is safe.
    """
    session = checkpoints.session
    told = _told(error, session.trainer, session.folder.path)
    safe = _safe(checkpoints)
    if not told:
        error.add_note(safe)
        return error
    kind = DataError if isinstance(error, DataError) else RunError
    return kind(f"{told}\n  {safe}")


def leave(checkpoints: CheckpointWriter) -> None:
    """Stop without the data that do not come; the last whole step is saved.

    Raises:
        KeyboardInterrupt: with several processes nothing can be saved here, as that takes them all.
    """
    if checkpoints.session.trainer.accelerator.num_processes > 1:
        raise KeyboardInterrupt
    checkpoints.save()


def _told(error: Exception, trainer: Trainer, folder: Path) -> str:
    """The cause; nothing where a traceback tells more."""
    if trainer.workers.failed:
        return _lost(trainer.workers.failed[0])
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
    return f"{what}: cannot be used ({why})"


def _lost(code: int) -> str:
    """A data worker that ended, as its exit code tells."""
    if code >= 0:
        return f"a data worker ended with exit code {code}"
    name = signal.Signals(-code).name
    memory = (
        "; the system does so when memory runs out: --set train.workers=0 takes less"
        if name == "SIGKILL"
        else ""
    )
    return f"a data worker was killed by {name}{memory}"


def _safe(checkpoints: CheckpointWriter) -> str:
    """Save, if this process alone can do that after a whole step; returns how to go on.

    Of several processes the others may be in the middle of a step, and to save takes all. An error
    in the middle of a step leaves weights of which only some have moved.
    """
    trainer, folder = checkpoints.session.trainer, checkpoints.session.folder.path
    if trainer.accelerator.num_processes == 1 and not trainer.moving:
        try:
            checkpoints.save()
        except (OSError, GanzooError):
            pass
        else:
            go_on = resume_command(folder)
            return f"the run is saved at step {trainer.done}: mend it and go on with: {go_on}"
    return goes_on(folder)
