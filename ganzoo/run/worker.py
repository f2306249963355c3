"""What a process knows of who started it, and how it tells an error to `ganzoo run --processes`.

Light: asked for every command.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

LAUNCHER = "GANZOO_LAUNCHER"  # the launching process's number
STARTED = "GANZOO_STARTED"  # when the command began, as time.time()
COMMAND = "GANZOO_COMMAND"  # the command as it was typed
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def launcher() -> int:
    """The number of the `ganzoo run --processes` that started this process, or 0."""
    return int(os.environ.get(LAUNCHER, 0))


def started_at(now: float) -> float:
    """When the command began: here and now, or in the launcher."""
    return float(os.environ.get(STARTED, now)) if launcher() else now


def command_line() -> str:
    """The command as it was typed, but for the path to the program."""
    program, *words = sys.argv
    as_module = Path(program).name == "__main__.py"
    start = ["python", "-m", Path(program).parent.name] if as_module else [Path(program).name]
    typed = shlex.join([*start, *words])
    return os.environ.get(COMMAND, typed) if launcher() else typed


def is_launched() -> bool:
    """Whether some launcher (torchrun, accelerate, ganzoo, MPI) started this process."""
    sizes = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
    return "LOCAL_RANK" in os.environ or any(int(os.environ.get(s, 1)) > 1 for s in sizes)


def end_quietly() -> None:
    """Ignore signals from here on, if a launcher started this process: it passes them on late."""
    if launcher():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def report(error: Exception) -> None:
    """Leave an error where the launcher finds it, in place of printing it once a process."""
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler

    get_error_handler().record_exception(error)
