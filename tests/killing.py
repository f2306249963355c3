"""Trains a run that is killed at random moments: `killing.py SETTINGS OUT KILLS SEED`.

A process of its own, which imports everything once and forks a training at a time, each killed by
SIGKILL as a user's would be. Prints where each kill found it.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

import torch
from remembering import register
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.runs.layout import list_checkpoints
from ganzoo.training.train import train


def attempt(settings, out, step=1000, seconds=0.0):
    """Train in a fork, killed so many seconds after that step; whether it ended first."""
    resume = bool(list_checkpoints(out / "checkpoints"))
    if not resume:
        shutil.rmtree(out, ignore_errors=True)  # as it is told
    child = os.fork()
    if not child:
        try:
            experiment = build_recipe(out if resume else "cyclegan", {} if resume else settings)
            done = train(experiment, out, resume=resume, console=Console(file=io.StringIO()))
            os._exit(0 if done.finished else 3)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(4)
    moment = None
    while moment is None or time.monotonic() < moment:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"a training failed: {status}"
            return True
        if moment is None and owner(out) == child and logged(out) >= step:
            moment = time.monotonic() + seconds
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def owner(out):
    """Who holds the folder's lock; None where that cannot be read yet."""
    try:
        return json.loads((out / ".lock").read_text())["pid"]
    except (OSError, ValueError):
        return None


def logged(out):
    """How many steps the log has."""
    try:
        return (out / "log.jsonl").read_bytes().count(b"\n")
    except OSError:
        return 0


def main():
    """One run of these settings."""
    settings, out, kills = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3]
    chance, left = random.Random(int(sys.argv[4])), int(kills)
    torch.set_num_threads(1)
    register()
    import_module("ganzoo.components.metrics.cycle_error")  # once, and not in each fork
    build_recipe("cyclegan", settings)
    assert attempt(settings, out.with_name("measure"))
    while left:
        done = max((step for step, _ in list_checkpoints(out / "checkpoints")), default=0)
        if attempt(settings, out, done + chance.randint(0, 4), chance.uniform(0, 0.4)):
            shutil.rmtree(out)  # it was quicker: once more
            continue
        left -= 1
        files = [path.name for _, path in list_checkpoints(out / "checkpoints")]
        print(f"killed after {logged(out)} steps; last:", files[-1:] or "nothing", flush=True)
    assert attempt(settings, out)


if __name__ == "__main__":
    main()
