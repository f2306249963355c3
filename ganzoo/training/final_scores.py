"""What a finished run says of its last model and of its best one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from ganzoo.builder.trained import open_model
from ganzoo.engine.rng import keep_rng
from ganzoo.errors import GanzooError
from ganzoo.evaluation.measuring import Evaluation, compute_metrics, find_missing_networks
from ganzoo.evaluation.scores import print_scores
from ganzoo.evaluation.showing import Tick
from ganzoo.training.session import Session


@dataclass(frozen=True)
class FinalScores:
    """The scores of a finished run.

    step: the last one.
    choosing: the last model's, on what chooses the best. test: on what is reported.
    best: the lines of evaluations.jsonl about the best model, unless that is the last one.
    """

    step: int
    choosing: Evaluation
    test: Evaluation
    best: Sequence[Mapping[str, Any]]

    def print(self, console: Console) -> None:
        """Print a table for each metric: the last model and the best one, on each split."""
        others = [(f"best, step {line['step']}", line) for line in self._of(self.test.split)]
        if self.choosing is not self.test:
            split = self.choosing.split
            others.append((f"last, {split}", self.choosing.tables()))
            others += [(f"best, {split}", line) for line in self._of(split)]
        test = self.test
        print_scores(test.scores, test.observed, console, test.intervals, others, test.findings)

    def _of(self, split: str) -> list[Mapping[str, Any]]:
        """The last line about the best model on a split."""
        return [line for line in self.best if line.get("split") == split][-1:]


def measure_best(session: Session, names: Sequence[str], tick: Tick) -> None:
    """Write a line of the best model's scores on test samples; a file that cannot be read is told.

    Metrics that call networks which no output needs are left out: the model lacks them.
    """
    folder, blueprint = session.folder, session.experiment.blueprint
    try:
        with keep_rng(session.trainer.accelerator.device):
            model = open_model(folder.best_model)[1].to(session.trainer.accelerator.device)
    except (GanzooError, OSError) as error:
        session.tell(f"the best model cannot be measured on test samples: {error}")
        return
    able = [n for n in names if n in blueprint.metrics]
    able = [n for n in able if not find_missing_networks(blueprint.metrics[n], blueprint, model)]
    measured = compute_metrics(blueprint, model, session.splits.test, able, session.tell, tick)
    if measured.scores:
        line = {"step": model.origin.step, "split": measured.split, **measured.tables()}
        folder.append(line, folder.evaluations)
