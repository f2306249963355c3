"""Variants take turns: each in a process of its own, only one of them busy at a time."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.machine import ROOT
from benchmarks.refused import Refused
from benchmarks.variants import Variant

# `benchmarks` comes from here, all else from the variant's checkout, which PYTHONPATH names.
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import benchmarks.worker as worker; "
    "del sys.path[0]; worker.main()"
)
# Threads of OpenMP spin for some milliseconds after their work, and sleep then. Do not forbid it by
# OMP_WAIT_POLICY=passive: a step of 0.13 s took 0.25 s so, and no user would run it that way.
REST = 0.05  # seconds between turns


@dataclass(frozen=True)
class Turn:
    """What a turn took.

    seconds: by the clock. processor: of all threads together.
    peak, gpu: the most memory so far, resident and on a GPU, in bytes.
    """

    seconds: float
    processor: float
    peak: int = 0
    gpu: int = 0


class Runner(Protocol):
    """Who takes turns."""

    def turn(self) -> Turn:
        """Take one turn and return what it took."""


class Process:
    """A variant's process; once `await_ready` returns, it waits for its turns.

    facts: what preparing its work showed.
    """

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name) / "stderr"
        environment = {**os.environ, **variant.environment}
        environment["PYTHONPATH"] = str(variant.checkout)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, str(ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder.name,
                env=environment,
            )
        self.facts: dict[str, Any] = {}
        self._write(json.dumps({"work": variant.work, "settings": variant.settings}))

    def await_ready(self) -> None:
        """Wait until its work is prepared.

        Raises:
            Refused: the process failed.
        """
        self.facts = self._read()["facts"]

    def turn(self) -> Turn:
        """Take one turn.

        Raises:
            Refused: the process failed.
        """
        self._write("turn")
        return Turn(**self._read())

    def close(self) -> None:
        """End the process and remove its folder."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

    def _write(self, line: str) -> None:
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):  # reading its answer then says why
            print(line, file=self.process.stdin, flush=True)

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        text = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(text) if text else {"error": "its process ended"}
        if "error" in answer:
            end = self.log.read_text(errors="replace").splitlines()[-12:]
            raise Refused("\n".join([f"variant '{self.variant.name}': {answer['error']}", *end]))
        return answer


@contextlib.contextmanager
def started(variants: Sequence[Variant]) -> Iterator[dict[str, Process]]:
    """The variants' processes by name; they prepare their work at the same time."""
    with contextlib.ExitStack() as stack:
        processes = {}
        for variant in variants:
            process = processes[variant.name] = Process(variant)
            stack.callback(process.close)
        for process in processes.values():
            process.await_ready()
        yield processes


Report = Callable[[str], None]


def interleave(
    runners: Mapping[str, Runner], repeats: int, rounds: int, report: Report
) -> dict[str, list[list[Turn]]]:
    """Let all take turns; the order is reversed from round to round, and so evens out.

    Returns by name, for each repeat, the turns of its rounds.
    """
    turns: dict[str, list[list[Turn]]] = {name: [] for name in runners}
    for repeat in range(repeats):
        report(f"repeat {repeat + 1} of {repeats}")
        for name in runners:
            turns[name].append([])
        for number in range(rounds):
            names = list(runners)
            for name in names if (repeat + number) % 2 == 0 else reversed(names):
                time.sleep(REST)
                turns[name][-1].append(runners[name].turn())
    return turns
