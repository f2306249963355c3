"""Which file of trained weights a MODEL is; nothing is opened, and no torch is imported."""

from __future__ import annotations

from pathlib import Path

from ganzoo.engine.header import STATE
from ganzoo.errors import ModelError
from ganzoo.runs.layout import BEST_MODEL, RunPaths
from ganzoo.runs.model_names import find_model

# Suffixes of weights in formats that may hold code.
PICKLED = (".bin", ".pth", ".pt", ".ckpt", ".pkl")


def refuse_modelless(path: Path, best: bool = False) -> None:
    """Check early that a model's folder holds one, or a run's best one.

    Raises:
        ModelError: it does not.
    """
    if best:
        best_model(path)
    elif not (find_model(path) / STATE).is_file():
        model_file(path)


def model_file(path: Path) -> Path:
    """The model file that a path or a name means.

    Raises:
        ModelError: there is none; a run that is so young has checkpoints.
    """
    path = find_model(path)
    run = RunPaths(path)
    if not path.is_dir() or run.model.exists():
        return run.model if path.is_dir() else path
    if saved := run.saved():
        raise ModelError(f"{path}: this run wrote no model yet; its last state is {saved[-1][1]}")
    raise ModelError(
        f"{path}: this folder holds no model: neither {run.model.name} nor {STATE}; "
        "see: ganzoo list runs"
    )


def best_model(path: Path) -> Path:
    """The best model of a run's folder.

    Raises:
        ModelError: it is no folder, or keeps none.
    """
    path = find_model(path)
    if path.is_file():
        raise ModelError(f"{path}: --best is for a run's folder; name its {BEST_MODEL} instead")
    best = RunPaths(path).best_model
    if path.is_dir() and not best.is_file():
        raise ModelError(
            f"{path}: this run keeps no best model; for that give a metric of its recipe an "
            '`every`, as every = "500 steps"'
        )
    return best
