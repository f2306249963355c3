"""Metrics while training: every so many steps, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from ganzoo.evaluation.best import Best
from ganzoo.evaluation.evidence_picture import draw_evidence
from ganzoo.evaluation.measuring import Evaluation, compute_metrics, metrics_of_a_run
from ganzoo.evaluation.progress import progress
from ganzoo.evaluation.scores import print_scores
from ganzoo.evaluation.showing import Tick
from ganzoo.files.writing import write_json
from ganzoo.interfaces import Callback, Scores, Training
from ganzoo.runs.folder import finite
from ganzoo.training.checkpoint_writer import CheckpointWriter
from ganzoo.training.session import Session
from ganzoo.training.together import from_main, together


class Evaluator(Callback):
    """Computes metrics, writes their scores down, and keeps the best model.

    The main process computes while the others wait; then all callbacks, in all processes, are told.
    console: where the scores of the finished model are shown.
    """

    def __init__(self, session: Session, checkpoints: CheckpointWriter, console: Console) -> None:
        self.session, self.checkpoints, self.console = session, checkpoints, console
        self.best = Best(session.experiment, session.folder.path)
        image_counts = session.trainer.timetable.image_counts
        plans = session.experiment.blueprint.metrics.items()
        self.every = {n: p.every.steps(*image_counts) for n, p in plans if p.every}
        self.reported = ""

    def on_step(self, training: Training) -> None:
        """Compute what is due; after the last step `on_end` computes everything."""
        due = [name for name, every in self.every.items() if training.step % every == 0]
        if due and not self.session.finished:
            self._share(lambda alive: self._measure(due, lambda *_: alive()))

    def on_end(self, training: Training) -> None:
        """Compute all metrics of a finished run, and show their scores."""
        if not self.session.finished:
            return
        if self.session.trainer.own_callbacks:
            self._share(self._finish)
        elif training.is_main:  # the other processes have nothing to wait for
            self._announce(self._finish(lambda: None))

    def _share(self, measure: Callable[[Callable[[], None]], Evaluation]) -> None:
        """Let the main process measure, and tell all callbacks, in all processes, what it found."""
        trainer = self.session.trainer
        measured = together(trainer.accelerator, measure)
        own = (measured.scores, measured.higher_is_better) if measured else None
        scores, better = from_main(trainer.accelerator, own)
        if scores:
            trainer.evaluated(Scores(scores, better))

    def _announce(self, measured: Evaluation) -> None:
        if measured.scores:
            scores = Scores(measured.scores, measured.higher_is_better)
            self.session.trainer.evaluated(scores)

    def _finish(self, alive: Callable[[], None]) -> Evaluation:
        """Measure the finished model, and show the scores beside the best model's."""
        with progress(self.console, "measuring") as show:

            def tick(*place: Any) -> None:
                show(*place)
                alive()

            measured, best = self.finish(tick)
        other = best if best.get("step") != self.session.trainer.done else {}
        print_scores(
            measured.scores,
            measured.observed,
            self.console,
            measured.intervals,
            other,
            measured.findings,
        )
        if best:
            self.session.tell(self.best.describe())
        return measured

    def finish(self, tick: Tick) -> tuple[Evaluation, dict[str, Any]]:
        """Measure the finished model; returns the line of the best model's evaluation as well."""
        folder, step = self.session.folder, self.session.trainer.done
        wanted = metrics_of_a_run(self.session.experiment.blueprint)
        folder.cut_after(step - 1, folder.evaluations)  # a finished run may be resumed
        measured = self._measure(wanted, tick, swap=True)
        if measured.scores:
            write_json(folder.metrics, measured.scores)
            write_json(folder.sample_scores, finite(measured.sample_scores))
            for name, evidence in measured.evidence.items():
                draw_evidence(evidence, folder.evidence(name))
        self.checkpoints.keep_best()
        best = self.best.record.get("step")
        lines = [line for line in folder.entries(folder.evaluations) if line["step"] == best]
        return measured, lines[-1] if lines else {}

    def _measure(self, names: Sequence[str], tick: Tick, swap: bool = False) -> Evaluation:
        session, step = self.session, self.session.trainer.done
        experiment, folder, data = session.experiment, session.folder, session.trainer.data
        blueprint, model = experiment.blueprint, experiment.model()
        measured = compute_metrics(blueprint, model, data, names, session.tell, tick, swap)
        if not measured.scores:
            return measured
        folder.append({"step": step, **measured.tables()}, folder.evaluations)
        wrong = self.best.consider(step, measured)
        if wrong and wrong != self.reported:
            session.tell(wrong)
        self.reported = wrong or self.reported
        return measured
