"""Saves the best model so far in addition to the last one: best.safetensors and best.json.

It is chosen on validation samples alone; see `splits`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.packaging import write_model
from ganzoo.evaluation.measuring import Evaluation
from ganzoo.evaluation.observed import format_observed
from ganzoo.evaluation.scores import format_score
from ganzoo.evaluation.splits import Splits
from ganzoo.files.untrusted import is_number, read_object
from ganzoo.files.writing import duplicate, write_json
from ganzoo.runs.layout import RunPaths


class Best:
    """Saves the model of a run that has the best score so far.

    folder: the run's folder.
    """

    def __init__(self, experiment: Experiment, folder: Path) -> None:
        self.experiment, self.paths = experiment, RunPaths(folder)
        self.metric, self.score = find_deciding_score(experiment.blueprint)

    @property
    def record(self) -> dict[str, Any]:
        """The content of best.json; empty if there is no such file."""
        return read_best(self.paths.best)

    def describe(self) -> str:
        """A sentence that says which model is the best, and by which score."""
        record = self.record
        score: str = record["figure"]
        what = f"{record['metric']}, {score.replace('_', ' ')}"
        value = format_score(record["value"], record["interval"])
        chosen = format_observed(record.get("observed"))
        return (
            f"best by {what}{f' on {chosen}' if chosen else ''}: step {record['step']}, {value}: "
            f"{self.paths.best_model}"
        )

    def consider(self, step: int, evaluation: Evaluation, splits: Splits) -> str:
        """Save the current model if its score on validation samples is better than the best so far.

        splits: how the data were dealt.

        Returns a fault of the recipe's `checkpoints.best`, or "". Of two equal models the earlier
        one is kept. A score that is NaN or infinite is never the best.
        """
        by_row = evaluation.scores.get(self.metric)
        if not by_row:
            return ""
        model_row, scores = next(iter(by_row.items()))
        score = self.score or next(iter(scores))
        value = scores.get(score)
        if value is None:
            known = ", ".join(scores)
            return f"checkpoints.best: metrics.{self.metric} has no score '{score}' but {known}"
        on = evaluation.observed.get(self.metric, {})
        basis = {"observed": on, "chosen_on": splits.describe_choice()}
        if not math.isfinite(value) or not self._is_better(score, value, basis):
            return ""
        write_model(self.experiment, self.paths.best_model, step)
        interval = evaluation.intervals.get(self.metric, {}).get(model_row, {}).get(score)
        record = {"step": step, "metric": self.metric, "figure": score, "value": value}
        write_json(self.paths.best, {**record, "interval": interval, **basis})
        return ""

    def _is_better(self, score: str, value: float, basis: Mapping[str, Any]) -> bool:
        """Whether a value is better than the best one so far.

        True as well if the two cannot be compared: the best model was chosen by another score or on
        other samples, or its file is gone.
        """
        before = self.record
        same = before.get("metric") == self.metric and before.get("figure") == score
        same = same and all(before.get(key) == value for key, value in basis.items())
        if not same or not self.paths.best_model.exists():
            return True
        metric = self.experiment.blueprint.metrics[self.metric].metric.make()
        is_higher: bool = value > before["value"]
        better: bool = metric.higher_is_better(score)
        return is_higher if better else value < before["value"]


def find_deciding_score(blueprint: Blueprint) -> tuple[str, str]:
    """The metric and the score by which the best model is chosen.

    An empty score stands for the metric's first score. If the metric is empty, no model is chosen.
    """
    if not blueprint.recipe.checkpoints.validation:
        return "", ""
    asked = blueprint.recipe.checkpoints.best
    if asked:
        metric, _, score = asked.partition(".")
        return (metric, score) if metric in blueprint.metrics else ("", "")
    plans = blueprint.metrics.items()
    return next((name for name, plan in plans if plan.every), ""), ""


def keep_in(folder: Path, checkpoint: Path) -> None:
    """Copy the best model so far into a checkpoint, by hard links where that is possible."""
    for file in _list_files(folder):
        if file.exists():
            duplicate(file, checkpoint / file.name)


def take_back(folder: Path, checkpoint: Path) -> None:
    """Restore the best model as it was when the checkpoint was written."""
    for file in _list_files(folder):
        if (checkpoint / file.name).exists():
            duplicate(checkpoint / file.name, file)
        else:
            file.unlink(missing_ok=True)


def _list_files(folder: Path) -> tuple[Path, Path]:
    run = RunPaths(folder)
    return run.best_model, run.best


def read_best(path: Path) -> dict[str, Any]:
    """The content of best.json; empty if the file is missing or damaged."""
    try:
        record = read_object(path, within=path.parent)
    except (OSError, ValueError):
        return {}
    return record if _is_record(record) else {}


def _is_record(record: Mapping[str, Any]) -> bool:
    interval = [0, 0] if record.get("interval") is None else record["interval"]
    ends = interval if isinstance(interval, list) and len(interval) == 2 else [None]
    numbers = [record.get("step"), record.get("value"), *ends]
    texts = [record.get("metric"), record.get("figure")]
    return all(map(is_number, numbers)) and all(isinstance(text, str) for text in texts)
