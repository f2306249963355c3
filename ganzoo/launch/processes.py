"""Starts several processes on this machine by torch's launcher; an error is printed once."""

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
    STOPPED,
    answer_signals,
    command_line,
    is_launched,
    restore_signals,
)
from ganzoo.runs.system_processes import children, interrupt, kill

LOOK = 0.1  # seconds between looks at whether a signal came
KILLED = -9  # SIGKILL as an exit code; Windows has no such name


class WorkerError(Exception):
    """A process failed, but not by a mistake of the user. trace: its traceback."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


def check_devices(count: int, device: str) -> None:
    """Refuse to start more processes than this machine has accelerators, if they are used.

    Raises:
        RunError: there are too few accelerators.
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
    """Refuse to train in another number of processes than the user asked for.

    started: the number that Accelerate found. environment: it holds a launcher's variables.

    Raises:
        RunError: there are fewer processes, which nothing else would report; or --processes and the
            launcher give different numbers.
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
    """Whether to tell Accelerate to use the CPU.

    True as well if there are several processes and no accelerator: Accelerate would not join them
    otherwise.
    """
    return device == "cpu" or (is_launched() and not torch.accelerator.is_available())


def launch(count: int, words: Sequence[str], started: float) -> bool:
    """Run `ganzoo` with these words in `count` processes; returns whether a signal stopped it.

    started: when the command began, as `time.time()`.
    After the first SIGINT or SIGTERM, the processes save and end, however long that takes. A second
    one, if it comes more than a second later, kills them.

    Raises:
        RunError: a process found a mistake of the user; it is reported once.
        WorkerError: a process failed in any other way.
    """
    signals = Signals()
    failure: list[BaseException] = []

    def run() -> None:
        try:
            _launch_elastic(count, words)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="launcher")
    with _set_environment(count, started), signals:
        thread.start()
        while thread.is_alive():
            thread.join(LOOK)
            signals.pass_on()
    if failure and not (isinstance(failure[0], ChildFailedError) and signals.explain(failure[0])):
        _raise(failure[0], count)
    return signals.asked is not None


class Signals:
    """Passes a signal of a terminal or a batch system on to each process once.

    torch's launcher would pass it on, too, but kill all processes that have not ended after 30 s.
    Therefore it runs in a thread, where it does not handle signals. What this process had started
    before is none of the launcher's and goes on.
    """

    def __init__(self) -> None:
        self.asked: float | None = None
        self.again = False
        self.others: set[int] = set()
        self.interrupted: set[int] = set()
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        self.others = set(children())
        self.before = answer_signals(self.on_signal)

    def __exit__(self, *_: object) -> None:
        restore_signals(self.before)

    def on_signal(self, *_: object) -> None:
        """Note a signal; called when one comes."""
        now = time.monotonic()
        self.again = self.again or (self.asked is not None and now - self.asked > SAME)
        self.asked = self.asked or now

    def pass_on(self) -> None:
        """Interrupt every process that was not interrupted yet; some may have just started."""
        if self.asked is None:
            return
        for process in sorted({*children()} - self.others):
            if self.again:
                kill(process)
            elif process not in self.interrupted:
                self.interrupted.add(process)
                interrupt(process)

    def explain(self, error: ChildFailedError) -> bool:
        """Whether the signal caused all failures, so that there is no error to report."""
        quiet = (STOPPED, KILLED, *(-number for number in SIGNALS))
        return self.asked is not None and all(
            failure.exitcode in quiet for failure in error.failures.values()
        )


def _launch_elastic(count: int, words: Sequence[str]) -> None:
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
def _set_environment(count: int, started: float) -> Iterator[None]:
    """Set the environment that the processes inherit, and silence torch's launcher."""
    before = dict(os.environ)
    typed = command_line()
    os.environ |= {LAUNCHER: str(os.getpid()), STARTED: repr(started), COMMAND: typed}
    # The threads that torch would use in one process, divided among all; torchrun would set 1.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        os.environ.clear()
        os.environ |= before


def _raise(error: BaseException, count: int) -> None:
    """Raise the first failure, which made the other processes fail, as one of ganzoo's errors."""
    if not isinstance(error, ChildFailedError):
        raise error
    rank, failure = min(error.failures.items(), key=lambda item: _rank_failure(item[1]))
    message, trace = _read_content(failure)
    who = f"rank {rank} of {count}"
    if failure.exitcode == 2 and message:
        raise RunError(f"{who}: {message.partition(': ')[2]}") from WorkerError(trace)
    raise WorkerError(f"{who}: {message}" if message else f"{who} {_describe_end(failure)}", trace)


def _rank_failure(failure: ProcessFailure) -> tuple[int, int]:
    """A sort key: the causes come first, before processes that only lost the connection to them.

    A cause is a process that was killed, or one that found a mistake of the user (exit code 2).
    """
    killed = failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM
    return 0 if killed else 1 if failure.exitcode == 2 else 2, int(failure.timestamp)


def _read_content(failure: ProcessFailure) -> tuple[str, str]:
    """The message and the traceback that a process left for its launcher."""
    message: Any = failure.message
    if not isinstance(message, dict):
        return "", ""
    return str(message["message"]), str(message["extraInfo"]["py_callstack"])


def _describe_end(failure: ProcessFailure) -> str:
    if failure.exitcode >= 0:
        return f"ended with exit code {failure.exitcode}"
    memory = "; the system does so when memory runs out" if failure.exitcode == KILLED else ""
    return f"was killed by {failure.signal_name()}{memory}"
