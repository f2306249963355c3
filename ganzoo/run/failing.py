"""What ends a training before its time, as a sentence: the cause, what is safe, what to type."""

from __future__ import annotations

import errno
import shlex
import signal
from pathlib import Path

from ganzoo.errors import DataError, GanzooError, RunError
from ganzoo.play.checkpoint import checkpoints
from ganzoo.play.loader import told_by_worker
from ganzoo.play.trainer import Trainer
from ganzoo.run.recorder import Recorder

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def failed(error: Exception, trainer: Trainer, recorder: Recorder) -> Exception:
    """What to raise for an error that ended a training, which is saved if that is possible.

    An error that is nobody's mistake stays as it is, and notes what is safe.
    """
    told = _told(error, trainer, recorder.folder.path)
    safe = _safe(trainer, recorder)
    if not told:
        error.add_note(safe)
        return error
    kind = DataError if isinstance(error, DataError) else RunError
    return kind(f"{told}\n  {safe}")


def leave(trainer: Trainer, recorder: Recorder) -> None:
    """Training is to stop and its data do not come: save the last whole step, if one can alone.

    Raises:
        KeyboardInterrupt: it cannot: others wait in the middle of a step.
    """
    if trainer.accelerator.num_processes > 1:
        raise KeyboardInterrupt
    recorder.save(trainer.done)


def goes_on(folder: Path) -> str:
    """How to go on with a run that could not be saved where it was."""
    if not folder.exists():
        return "if it was moved, go on with: ganzoo resume, and its new place; else start again"
    found = checkpoints(folder / "checkpoints")
    if not found:
        return f"nothing was saved yet: delete {folder} and start again"
    command = f"ganzoo resume {shlex.quote(str(folder))}"
    return f"the run goes on from its last checkpoint, step {found[-1][0]}, with: {command}"


def _told(error: Exception, trainer: Trainer, folder: Path) -> str:
    """The cause; nothing where a traceback tells more."""
    if trainer.workers.failed:
        return _lost(trainer.workers.failed[0])
    if isinstance(error, DataError):
        return str(told_by_worker(error))
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


def _safe(trainer: Trainer, recorder: Recorder) -> str:
    """Save when only this process knows that the training ends; returns how to go on.

    To save takes all processes, and others may wait for this one in the middle of a step; so may
    this one have been, and its weights are then no step's.
    """
    folder = recorder.folder.path
    if trainer.accelerator.num_processes == 1 and not trainer.moving:
        try:
            recorder.save(trainer.done)
        except (OSError, GanzooError):
            pass
        else:
            command = f"ganzoo resume {shlex.quote(str(folder))}"
            return f"the run is saved at step {trainer.done}: mend it and go on with: {command}"
    return goes_on(folder)
