"""Trainings at an equal budget of processor seconds, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WARM, MEASURED = 12, 48


def measure_step(tables: Mapping[str, Any], warm: int = WARM, steps: int = MEASURED) -> float:
    """Processor seconds of one step: of a training, less those of a shorter one before."""
    with tempfile.TemporaryDirectory() as folder:
        taken = []
        for number, count in enumerate((warm, warm + steps)):
            began = time.process_time()
            train_for(tables, Path(folder) / str(number), count)
            taken.append(time.process_time() - began)
    return (taken[1] - taken[0]) / steps


def train_for(tables: Mapping[str, Any], folder: Path, steps: int) -> None:
    """Train a recipe for so many steps; what a stopped training left is taken away."""
    import ganzoo

    shutil.rmtree(folder, ignore_errors=True)
    changes = {
        "train.length": f"{steps} steps",
        "samples.every": f"{steps} steps",
        "checkpoints.every": f"{steps} steps",
    }
    ganzoo.train(tables, folder, overrides=changes, quiet=True)


def use_one_thread() -> None:
    """One thread for this program, before torch is imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
