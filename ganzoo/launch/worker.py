"""Who started this process, and how it reports an error to `ganzoo run --processes`.

Light: every command imports it.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

SAME = 1.0  # seconds; batch systems signal all processes of a job, and launchers pass it on again
LAUNCHER = "GANZOO_LAUNCHER"  # the launching process's number
STARTED = "GANZOO_STARTED"  # when the command began, as time.time()
COMMAND = "GANZOO_COMMAND"  # the command as it was typed
# What asks a run to stop: Ctrl-C, a batch system, a terminal that is closed.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
Handler = Callable[[int, FrameType | None], object]


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


def answer_signals(handler: Handler) -> dict[int, Any]:
    """Let a handler answer all SIGNALS; returns what did before, for `restore_signals`.

    Not a hangup that is ignored: its user typed `nohup`. In a thread there are no handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    hangup = getattr(signal, "SIGHUP", None)
    wanted = [n for n in SIGNALS if n != hangup or signal.getsignal(n) != signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in wanted}


def restore_signals(before: Mapping[int, Any]) -> None:
    """Let signals be answered as before; None is a handler that is not Python's."""
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)


def end_quietly() -> None:
    """Ignore signals from here on, if a launcher started this process: it passes them on late."""
    if launcher():
        answer_signals(signal.SIG_IGN)  # type: ignore[arg-type]


def is_first() -> bool:
    """Whether this process is the one that prints, as far as its launcher says."""
    return not launcher() and os.environ.get("RANK", "0") == "0"


def report(error: Exception) -> None:
    """Leave an error where the launcher finds it, in place of printing it once a process."""
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler

    get_error_handler().record_exception(error)
