"""Trains the runs that are not finished: each in a process of its own, one after the other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

from ganzoo.compare.systems import System, SystemRun, clear
from ganzoo.evaluation.measuring import Tell
from ganzoo.launch.worker import STOPPED, answer_signals, restore_signals


class Stopped(Exception):
    """A signal stopped the training; the run in progress is saved."""


def train_all(systems: Sequence[System], say: Tell) -> list[SystemRun]:
    """Train all runs that are not finished; returns those that failed.

    Raises:
        Stopped: a signal stopped the training.
    """
    failed = []
    todo = [(s, t) for s in systems for t in s.trainings if t.state != "finished"]
    for number, (system, training) in enumerate(todo, 1):
        if not train(system, training, f"[{number}/{len(todo)}]", say):
            failed.append(training)
    return failed


def train(system: System, training: SystemRun, place: str, say: Tell) -> bool:
    """Start or resume a run; returns whether it was finished. place: of the run, as `[1/3]`.

    Raises:
        Stopped: a signal stopped the training.
    """
    doing = "going on with" if training.state == "begun" else "training"
    say(f"{place} {doing} {system.name}: {training.folder}")
    clear(training)
    code = _wait([sys.executable, "-m", "ganzoo", *training.words])
    if code == STOPPED:
        raise Stopped
    if code:
        say(f"{training.folder}: failed, and is left out (exit code {code})")
    return not code


def _wait(command: Sequence[str]) -> int:
    """Run a command and pass signals on to it; it counts a Ctrl-C that it gets twice as one."""
    process = subprocess.Popen(command)
    before = answer_signals(lambda *_: process.send_signal(signal.SIGINT))
    try:
        return process.wait()
    finally:
        restore_signals(before)
