"""A trained model where it computes fastest."""

from __future__ import annotations

from pathlib import Path

import torch

from ganzoo.build import load_model
from ganzoo.play.model import Model
from ganzoo.run.best import best_model


def device() -> str:
    """The accelerator, where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def opened(path: Path, best: bool = False) -> Model:
    """The model of a run's folder or a file; `best`: the run's best one, not its last.

    Raises:
        GanzooError: there is none, or it cannot be read.
    """
    return load_model(best_model(path) if best else path).to(device())
