"""Metrics while training: every so many steps, and at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganzoo.evaluation.best import Best
from ganzoo.evaluation.measuring import (
    Evaluation,
    Tell,
    compute_metrics,
    metrics_of_a_run,
    say_nothing,
)
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.files.writing import write_json
from ganzoo.interfaces import Callback, Scores, Training
from ganzoo.runs.folder import finite
from ganzoo.training.recorder import Recorder
from ganzoo.training.together import from_main, together


class Evaluator(Callback):
    """A callback that measures, writes it down, and keeps the best model.

    tell: says a sentence to the person who waits.
    """

    def __init__(self, recorder: Recorder, tell: Tell = say_nothing) -> None:
        experiment, trainer = recorder.experiment, recorder.trainer
        self.recorder, self.tell = recorder, tell
        self.best = Best(experiment, recorder.folder.path)
        image_counts = trainer.timetable.image_counts
        plans = experiment.blueprint.metrics.items()
        self.every = {n: p.every.steps(*image_counts) for n, p in plans if p.every}
        self.told = ""

    def on_step(self, training: Training) -> None:
        """Measure what is due; after the last step `finish` measures everything."""
        step = training.step
        due = [name for name, every in self.every.items() if step % every == 0]
        if due and not self.recorder.finished:
            accelerator = self.recorder.trainer.accelerator
            measured = together(accelerator, lambda t: self._measure(step, due, lambda *_: t()))
            self._announce(measured)

    def finish(self, tick: Tick = no_tick) -> tuple[Evaluation, dict[str, Any]]:
        """Measure the finished model, by the main process alone.

        Returns what was found, and the line of the best model's evaluation, if there is one.
        """
        folder, step = self.recorder.folder, self.recorder.trainer.done
        wanted = metrics_of_a_run(self.recorder.experiment.blueprint)
        folder.cut_after(step - 1, folder.evaluations)  # a finished run may be resumed
        found = self._measure(step, wanted, tick)
        if found.scores:
            write_json(folder.metrics, found.scores)
            write_json(folder.sample_scores, finite(found.sample_scores))
        self.recorder.keep_best()
        best = self.best.record.get("step")
        lines = [line for line in folder.entries(folder.evaluations) if line["step"] == best]
        return found, lines[-1] if lines else {}

    def _announce(self, measured: Evaluation | None) -> None:
        """Tell all callbacks, in all processes, what the main one measured."""
        own = (measured.scores, measured.higher_is_better) if measured else None
        scores, better = from_main(self.recorder.trainer.accelerator, own)
        if scores:
            self.recorder.trainer.evaluated(Scores(scores, better))

    def _measure(self, step: int, names: Sequence[str], tick: Tick) -> Evaluation:
        experiment, trainer = self.recorder.experiment, self.recorder.trainer
        folder = self.recorder.folder
        blueprint, model = experiment.blueprint, experiment.model()
        found = compute_metrics(blueprint, model, trainer.data, names, self.tell, tick)
        if not found.scores:
            return found
        folder.append({"step": step, **found.tables()}, folder.evaluations)
        wrong = self.best.consider(step, found)
        if wrong and wrong != self.told:
            self.tell(wrong)
        self.told = wrong or self.told
        return found
