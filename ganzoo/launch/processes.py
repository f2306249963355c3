"""Several processes on this machine, by torch's elastic launcher: one Ctrl-C, one message."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from ganzoo.errors import RunError
from ganzoo.launch.worker import (
    COMMAND,
    LAUNCHER,
    SAME,
    SIGNALS,
    STARTED,
    answer_signals,
    command_line,
    is_launched,
    restore_signals,
)
from ganzoo.runs.system_processes import children, interrupt, kill

LOOK = 0.1  # seconds between looks at whether a signal came
KILLED = -9  # SIGKILL, which Windows has no name for


class WorkerError(Exception):
    """A process that failed, and not by a mistake of the user's; trace is its traceback."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


def check_devices(count: int, device: str) -> None:
    """Refuse more processes on this machine than it has accelerators, where these are used.

    Raises:
        RunError: there are too few.
    """
    if device == "cpu" or count == 1 or not torch.accelerator.is_available():
        return
    there = torch.accelerator.device_count()
    if count > there:
        raise RunError(
            f"{count} processes need {count} devices and this machine has {there}; start at most "
            f"{there}, or train on the CPU with --set train.device=cpu"
        )


def check_count(asked: int | None, started: int, environment: Mapping[str, str]) -> None:
    """Refuse to train on other processes than were asked for.

    started: how many Accelerate found. environment: a launcher's variables.

    Raises:
        RunError: there are fewer, and nothing else would say so; or --processes says another number
            than the launcher.
    """
    launched = int(environment.get("WORLD_SIZE", 1))
    if asked is not None and launched != asked:
        raise RunError(
            f"--processes {asked}, but the launcher started {launched}: start as many, or leave "
            "--processes out"
        )
    if started != launched:
        raise RunError(
            f"{launched} processes were started (WORLD_SIZE), but Accelerate joins {started} here; "
            "start them by torchrun, or train on the CPU with --set train.device=cpu"
        )
    # `accelerate launch --cpu --num_processes 2` sets this address, and no rank, for one process.
    by_accelerate = "ACCELERATE_MIXED_PRECISION" in environment and "MASTER_ADDR" in environment
    if started == 1 and by_accelerate and "LOCAL_RANK" not in environment:
        raise RunError(
            "`accelerate launch` was asked for several processes and started one, as it does on a "
            "CPU; use `ganzoo run RECIPE --processes N` or torchrun (if one is what you want, "
            "unset MASTER_ADDR)"
        )


def wants_cpu(device: str) -> bool:
    """Whether to train on the CPU.

    Also where several processes have no accelerator: unless told so, Accelerate does not join them.
    """
    return device == "cpu" or (is_launched() and not torch.accelerator.is_available())


def launch(count: int, words: Sequence[str], started: float) -> bool:
    """Run `ganzoo` with these words in `count` processes; returns whether a signal stopped it.

    started: when the command began, as `time.time()`.
    The first SIGINT or SIGTERM lets the processes save and end, however long that takes; one more,
    over a second later, kills them.

    Raises:
        RunError: a process met a mistake of the user's; it is reported once.
        WorkerError: a process failed in any other way.
    """
    signals = Signals()
    failure: list[BaseException] = []

    def run() -> None:
        try:
            _elastic(count, words)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="launcher")
    with _surroundings(count, started), signals:
        thread.start()
        while thread.is_alive():
            thread.join(LOOK)
            signals.pass_on()
    if failure and not (isinstance(failure[0], ChildFailedError) and signals.explain(failure[0])):
        _raise(failure[0], count)
    return signals.asked is not None


class Signals:
    """What a terminal or a batch system sends to the launching process, passed on once.

    torch's launcher would pass it on, too, but kill whoever has not ended 30 s later; in a thread,
    as here, it leaves signals alone.
    """

    def __init__(self) -> None:
        self.asked: float | None = None
        self.again = False
        self.interrupted: set[int] = set()
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        self.before = answer_signals(self.on_signal)

    def __exit__(self, *_: object) -> None:
        restore_signals(self.before)

    def on_signal(self, *_: object) -> None:
        """A signal came."""
        now = time.monotonic()
        self.again = self.again or (self.asked is not None and now - self.asked > SAME)
        self.asked = self.asked or now

    def pass_on(self) -> None:
        """Interrupt every process that was not interrupted yet; some may be just starting."""
        if self.asked is None:
            return
        for process in children():
            if self.again:
                kill(process)
            elif process not in self.interrupted:
                self.interrupted.add(process)
                interrupt(process)

    def explain(self, error: ChildFailedError) -> bool:
        """Whether the signal explains all failures, so that none is an error of its own."""
        quiet = (130, KILLED, *(-number for number in SIGNALS))
        return self.asked is not None and all(
            failure.exitcode in quiet for failure in error.failures.values()
        )


def _elastic(count: int, words: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as logs:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=str(uuid.uuid4()),
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=0,
            monitor_interval=0.1,
            local_addr="127.0.0.1",
            logs_specs=DefaultLogsSpecs(log_dir=logs),
        )
        elastic_launch(config, sys.executable)("-m", "ganzoo", *words)


@contextmanager
def _surroundings(count: int, started: float) -> Iterator[None]:
    """Set the environment that the processes inherit, and silence torch's launcher."""
    before = dict(os.environ)
    typed = command_line()
    os.environ |= {LAUNCHER: str(os.getpid()), STARTED: repr(started), COMMAND: typed}
    # torch's own choice for one process, shared out; torchrun would set 1.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        os.environ.clear()
        os.environ |= before


def _raise(error: BaseException, count: int) -> None:
    """Raise the failure that came first, and made the other processes fail, as an error of ours."""
    if not isinstance(error, ChildFailedError):
        raise error
    rank, failure = min(error.failures.items(), key=lambda item: _order(item[1]))
    message, trace = _content(failure)
    who = f"rank {rank} of {count}"
    if failure.exitcode == 2 and message:
        raise RunError(f"{who}: {message.partition(': ')[2]}") from WorkerError(trace)
    raise WorkerError(f"{who}: {message}" if message else f"{who} {_fate(failure)}", trace)


def _order(failure: ProcessFailure) -> tuple[int, int]:
    """Who was killed, or met a user's mistake, comes before who then lost the connection to it."""
    killed = failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM
    return 0 if killed else 1 if failure.exitcode == 2 else 2, int(failure.timestamp)


def _content(failure: ProcessFailure) -> tuple[str, str]:
    """The error and the traceback that a process left for its launcher."""
    message: Any = failure.message
    if not isinstance(message, dict):
        return "", ""
    return str(message["message"]), str(message["extraInfo"]["py_callstack"])


def _fate(failure: ProcessFailure) -> str:
    if failure.exitcode >= 0:
        return f"ended with exit code {failure.exitcode}"
    memory = "; the system does so when memory runs out" if failure.exitcode == KILLED else ""
    return f"was killed by {failure.signal_name()}{memory}"
