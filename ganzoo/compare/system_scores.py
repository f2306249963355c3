"""The scores of all systems of a comparison: of their last models, and of their best ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from ganzoo.compare.run_scores import RunScores, measure
from ganzoo.compare.shared_metrics import Tables
from ganzoo.compare.systems import System
from ganzoo.errors import ModelError
from ganzoo.evaluation.measuring import Tell
from ganzoo.runs.layout import RunPaths


def measure_systems(
    systems: Sequence[System], metrics: Mapping[str, Tables], say: Tell, device: torch.device
) -> dict[str, list[RunScores]]:
    """The scores of each run on test samples, by row: `cyclegan`, and `cyclegan, best`.

    A system whose runs do not all keep a best model, chosen on other samples, has no such row.

    Raises:
        ModelError: a last model is missing or damaged.
        DataError: images are missing or damaged.
    """
    rows: dict[str, list[RunScores]] = {}
    for system in systems:
        tables, runs = metrics[system.name], system.trainings
        rows[system.name] = [measure(system, run, tables, say, device) for run in runs]
        if best := _measure_best(system, tables, say, device):
            rows[f"{system.name}, best"] = best
    return rows


def _measure_best(
    system: System, tables: Tables, say: Tell, device: torch.device
) -> list[RunScores]:
    """The scores of a system's best models; none if one is missing, or is refused, with a note."""
    runs = system.trainings
    if not all(RunPaths(run.folder).best_model.exists() for run in runs):
        return []
    try:
        return [measure(system, run, tables, say, device, best=True) for run in runs]
    except ModelError as error:
        say(f"note: {error}")
        return []
