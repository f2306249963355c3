"""Measures a finished run by the metrics of a comparison, and saves the scores in its folder."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from ganzoo.builder.assemble import assemble
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.trained import open_model
from ganzoo.compare.shared_metrics import Tables
from ganzoo.compare.systems import System, SystemRun
from ganzoo.evaluation.measuring import (
    Evaluation,
    Intervals,
    Scores,
    Tell,
    compute_metrics,
    find_missing_networks,
)
from ganzoo.evaluation.observed import TEST, Observed
from ganzoo.evaluation.selection import explain_selection
from ganzoo.evaluation.splits import deal
from ganzoo.files.untrusted import is_number, read_object
from ganzoo.files.writing import write_json
from ganzoo.interfaces import Data
from ganzoo.report.run_files import as_number
from ganzoo.runs.folder import RunFolder

CPU = torch.device("cpu")
# To be raised when the same model, metrics and data give other scores than in earlier versions.
VERSION = 4


@dataclass(frozen=True)
class RunScores:
    """The scores, the size and the speed of one run.

    scores, intervals: by metric, row and name; the first row is the model's, baselines follow.
    observed: by metric, the number of items that it was measured on.
    findings: by metric, sentences about what the scores show, where there are some.
    tradeoffs, shares: as of an evaluation, as JSON.
    splits: how held-out samples were dealt, of which scores are of test, as JSON.
    parameters: the number of parameters of all networks that the recipe trains.
    images_per_second: the speed of training; None if the log is too short to tell.
    """

    scores: Scores
    parameters: int
    images_per_second: float | None
    intervals: Intervals = field(default_factory=dict)
    observed: dict[str, Observed] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)
    tradeoffs: list[Any] = field(default_factory=list)
    shares: dict[str, Any] = field(default_factory=dict)
    splits: dict[str, Any] = field(default_factory=dict)


def measure(
    system: System,
    training: SystemRun,
    metrics: Tables,
    say: Tell,
    device: torch.device = CPU,
    *,
    best: bool = False,
) -> RunScores:
    """Measure a run's scores on test samples, or read them if nothing has changed since.

    best: measure the run's best model instead of its last one.

    Raises:
        ModelError: the model is missing or damaged, or was chosen by test samples.
        DataError: images are missing or damaged.
    """
    folder = RunFolder(training.folder)
    model = folder.best_model if best else folder.model
    tables = system.measuring(metrics)
    share = system.blueprint.recipe.checkpoints.validation
    explain_selection(model, share, TEST)
    key = _key(system.blueprint, model, tables)
    was, known = _read(folder, best)
    if known and was == key:
        return known
    say(f"measuring {model if best else folder.path}")
    evaluation, splits = _evaluated(model, tables, share, say, device)
    size, speed = parameters(system.blueprint), images_per_second(folder)
    scores_of_run = RunScores(
        parameters=size, images_per_second=speed, splits=splits, **evaluation.tables()
    )
    write_json(_file(folder, best), {"key": key, "figures": asdict(scores_of_run)})
    return scores_of_run


def read_scores(path: Path, best: bool = False) -> RunScores | None:
    """The scores of a run's last or best model, as they were measured; None without any."""
    return _read(RunFolder(path), best)[1]


def _file(folder: RunFolder, best: bool) -> Path:
    return folder.best_comparison if best else folder.comparison


def parameters(blueprint: Blueprint) -> int:
    """The number of weights that a recipe trains, including those of discriminators."""
    trained = {
        name: network
        for player in assemble(blueprint, "meta", "recipe").players
        for name, network in player.networks.items()
    }
    return sum(p.numel() for network in trained.values() for p in network.parameters())


def images_per_second(folder: RunFolder) -> float | None:
    """The speed of training: the median between lines of the log, so that pauses do not count."""
    moments = [
        (as_number(line.get("time")), as_number(line.get("images"))) for line in folder.entries()
    ]
    lines = [(time, images) for time, images in moments if time is not None and images is not None]
    rates = [(n - m) / (b - a) for (a, m), (b, n) in pairwise(lines) if b > a and n > m]
    return statistics.median(rates) if rates else None


def _evaluated(
    file: Path, tables: Tables, share: float, say: Tell, device: torch.device
) -> tuple[Evaluation, dict[str, Any]]:
    """The scores of a model on test samples, and how the samples were dealt."""
    blueprint, model = open_model(file, tables)
    splits = deal(_data(blueprint), share)
    plans = blueprint.metrics.items()
    wanted = [name for name, plan in plans if not find_missing_networks(plan, blueprint, model)]
    measured = compute_metrics(blueprint, model.to(device), splits.test, wanted, say)
    return measured, splits.record()


def _key(blueprint: Blueprint, file: Path, tables: Tables) -> str:
    """A hash of what the scores depend on: the model's file, the metrics and the data."""
    stat = file.stat() if file.exists() else None
    model = [stat.st_size, stat.st_mtime_ns] if stat else []
    share = blueprint.recipe.checkpoints.validation
    depends_on = [VERSION, model, tables, share, _data(blueprint).fingerprint()]
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode()).hexdigest()


def _data(blueprint: Blueprint) -> Data:
    data = blueprint.dataset
    assert data is not None
    data.prepare()
    return data


def _read(folder: RunFolder, best: bool) -> tuple[str, RunScores | None]:
    """The saved key and scores of a run; ("", None) if they cannot be read."""
    try:
        record = read_object(_file(folder, best), within=folder.path)
        known = RunScores(**record["figures"])
        return str(record["key"]), known if _are_sound(known) else None
    except (OSError, ValueError, TypeError, KeyError):
        return "", None


def _are_sound(known: RunScores) -> bool:
    """Whether scores from a file, which may come from a stranger, are numbers."""
    speed = known.images_per_second
    return (
        is_number(known.parameters)
        and (speed is None or is_number(speed))
        and _are_tables(known.scores, is_number)
        and _are_tables(known.intervals, _are_ends)
        and all(isinstance(text, str) for texts in _inner([known.findings]) for text in texts)
    )


def _are_tables(tables: Any, is_right: Callable[[Any], bool]) -> bool:
    """Whether tables hold right values by metric, row and name, and every metric has a row."""
    metrics = _inner([tables])
    rows = _inner(metrics)
    return all(metrics) and all(map(is_right, _inner(rows)))


def _inner(tables: Iterable[Any]) -> list[Any]:
    """The values in these tables.

    Raises:
        TypeError: one of them is no table.
    """
    all_tables = list(tables)
    if not all(isinstance(table, dict) for table in all_tables):
        raise TypeError("this is no table")
    return [value for table in all_tables for value in table.values()]


def _are_ends(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))
