"""What started this process, and how the process reports an error to `ganzoo run --processes`.

Every command imports this file, so it imports nothing heavy.
"""

from __future__ import annotations

import atexit
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

SAME = 1.0  # seconds within which signals count as one: batch systems and launchers both send it
LAUNCHER = "GANZOO_LAUNCHER"  # the number of the launching process
STARTED = "GANZOO_STARTED"  # when the command began, as time.time()
COMMAND = "GANZOO_COMMAND"  # the command as it was typed
# Signals that ask a run to stop: of Ctrl-C, of a batch system, of a terminal that is closed.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
STOPPED = 130  # the exit code of a command that such a signal stopped
Handler = Callable[[int, FrameType | None], object]


def launcher() -> int:
    """The number of the `ganzoo run --processes` that started this process, or 0."""
    return int(os.environ.get(LAUNCHER, 0))


def started_at(now: float) -> float:
    """The time when the command began: in the launcher if there is one, otherwise `now`."""
    return float(os.environ.get(STARTED, now)) if launcher() else now


def command_line() -> str:
    """The command as it was typed, without the path of the program."""
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
    """Let a handler answer all SIGNALS; returns the earlier handlers, for `restore_signals`.

    A hangup that is ignored stays ignored, as the user typed `nohup`. Outside the main thread
    nothing happens, as Python allows no handlers there.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    hangup = getattr(signal, "SIGHUP", None)
    wanted = [n for n in SIGNALS if n != hangup or signal.getsignal(n) != signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in wanted}


def restore_signals(before: Mapping[int, Any]) -> None:
    """Restore earlier handlers of signals; None stands for a handler that Python did not set."""
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)


def end_quietly() -> None:
    """Ignore signals from now on, if ganzoo launched this process: they may be passed on late."""
    if launcher():
        answer_signals(signal.SIG_IGN)  # type: ignore[arg-type]


def is_first() -> bool:
    """Whether this process is the one that prints, as far as its launcher says."""
    return not launcher() and os.environ.get("RANK", "0") == "0"


def report(error: Exception) -> None:
    """Write an error where the launcher finds it; each process printing it would repeat it."""
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler

    get_error_handler().record_exception(error)


def end_at_once(code: object) -> NoReturn:
    """End a process that belongs to a group, without dismantling Python.

    A thread of torch's gloo may still release the tensors of the last exchange. If Python is ending
    meanwhile, that thread aborts the process, and the launcher reports a finished run as killed.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
