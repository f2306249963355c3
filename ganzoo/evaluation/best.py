"""The best model so far, kept beside the last one: best.safetensors and best.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.packaging import write_model
from ganzoo.evaluation.measuring import Evaluation
from ganzoo.evaluation.observed import Observed, format_observed
from ganzoo.evaluation.scores import format_score
from ganzoo.files.untrusted import is_number, read_object
from ganzoo.files.writing import duplicate, write_json
from ganzoo.runs.layout import RunPaths


class Best:
    """Keeps the model with the best figure of a run.

    folder: the run's.
    """

    def __init__(self, experiment: Experiment, folder: Path) -> None:
        self.experiment, self.paths = experiment, RunPaths(folder)
        self.metric, self.figure = deciding(experiment.blueprint)

    @property
    def record(self) -> dict[str, Any]:
        """What best.json says; nothing where there is none."""
        return _read(self.paths.best)

    def told(self) -> str:
        """Which model is the best, and by what, as a sentence."""
        record = self.record
        what = f"{record['metric']}, {record['figure'].replace('_', ' ')}"
        value = format_score(record["value"], record["interval"])
        chosen = format_observed(record.get("observed"))
        return (
            f"best by {what}{f' on {chosen}' if chosen else ''}: step {record['step']}, {value}: "
            f"{self.paths.best_model}"
        )

    def consider(self, step: int, found: Evaluation) -> str:
        """Keep the model as it is now if it is better than all before; returns what is wrong.

        Of equal ones the earlier is kept; a figure that is no number is never the best.
        """
        rows = found.scores.get(self.metric)
        if not rows:
            return ""
        row, figures = next(iter(rows.items()))
        figure = self.figure or next(iter(figures))
        value = figures.get(figure)
        if value is None:
            known = ", ".join(figures)
            return f"checkpoints.best: metrics.{self.metric} has no figure '{figure}' but {known}"
        on = found.observed.get(self.metric, {})
        if not math.isfinite(value) or not self._is_better(figure, value, on):
            return ""
        write_model(self.experiment, self.paths.best_model, step)
        interval = found.intervals.get(self.metric, {}).get(row, {}).get(figure)
        told = {"step": step, "metric": self.metric, "figure": figure, "value": value}
        write_json(self.paths.best, {**told, "interval": interval, "observed": on})
        return ""

    def _is_better(self, figure: str, value: float, on: Observed) -> bool:
        """Also where another figure decided before, or on other samples, or the model is gone."""
        before = self.record
        same = before.get("metric") == self.metric and before.get("figure") == figure
        same = same and before.get("observed", on) == on
        if not same or not self.paths.best_model.exists():
            return True
        metric = self.experiment.blueprint.metrics[self.metric].metric.make()
        is_higher: bool = value > before["value"]
        better: bool = metric.higher_is_better(figure)
        return is_higher if better else value < before["value"]


def deciding(blueprint: Blueprint) -> tuple[str, str]:
    """The metric that decides, and its figure; an empty one is its first; no metric, none."""
    asked = blueprint.recipe.checkpoints.best
    if asked:
        metric, _, figure = asked.partition(".")
        return (metric, figure) if metric in blueprint.metrics else ("", "")
    plans = blueprint.metrics.items()
    return next((name for name, plan in plans if plan.every), ""), ""


def keep_in(folder: Path, checkpoint: Path) -> None:
    """Let a checkpoint remember the best so far, by a hard link where that is possible."""
    for file in _files(folder):
        if file.exists():
            duplicate(file, checkpoint / file.name)


def take_back(folder: Path, checkpoint: Path) -> None:
    """Make the best what it was when the checkpoint was written."""
    for file in _files(folder):
        if (checkpoint / file.name).exists():
            duplicate(checkpoint / file.name, file)
        else:
            file.unlink(missing_ok=True)


def _files(folder: Path) -> tuple[Path, Path]:
    run = RunPaths(folder)
    return run.best_model, run.best


def _read(path: Path) -> dict[str, Any]:
    """What a file says; nothing where it is missing or nonsense."""
    try:
        found = read_object(path, within=path.parent)
    except (OSError, ValueError):
        return {}
    return found if _is_record(found) else {}


def _is_record(found: Mapping[str, Any]) -> bool:
    interval = [0, 0] if found.get("interval") is None else found["interval"]
    ends = interval if isinstance(interval, list) and len(interval) == 2 else [None]
    numbers = [found.get("step"), found.get("value"), *ends]
    texts = [found.get("metric"), found.get("figure")]
    return all(map(is_number, numbers)) and all(isinstance(text, str) for text in texts)
