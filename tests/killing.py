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
from pathlib import Path

import torch
from remembering import register
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.play.checkpoint import checkpoints
from ganzoo.run.training import train


def attempt(settings, out, seconds):
    """Train in a fork, killed after so many seconds; whether it came to its end."""
    resume = bool(checkpoints(out / "checkpoints"))
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
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"a training failed: {status}"
            return True
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main():
    """One run of these settings."""
    settings, out, kills = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3]
    chance, left = random.Random(int(sys.argv[4])), int(kills)
    torch.set_num_threads(1)
    register()
    began = time.monotonic()
    attempt(settings, out.with_name("measure"), 1000)
    whole = time.monotonic() - began
    while left:
        if attempt(settings, out, chance.uniform(0.05, 0.9) * whole):
            shutil.rmtree(out)  # it was quicker: once more
            continue
        left -= 1
        files = [path for _, path in checkpoints(out / "checkpoints")]
        print("killed; last:", files[-1].name if files else "nothing", flush=True)
    assert attempt(settings, out, 1000)


if __name__ == "__main__":
    main()
