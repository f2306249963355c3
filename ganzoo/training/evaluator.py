"""Metrics while training: every so many steps, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from ganzoo.evaluation.best import Best
from ganzoo.evaluation.evidence_picture import draw_evidence
from ganzoo.evaluation.measuring import Evaluation, compute_metrics, metrics_of_a_run
from ganzoo.evaluation.progress import progress
from ganzoo.evaluation.showing import Tick
from ganzoo.evaluation.splits import Splits
from ganzoo.files.writing import write_json
from ganzoo.interfaces import Callback, Data, Scores, Training
from ganzoo.runs.folder import finite
from ganzoo.training.checkpoint_writer import CheckpointWriter
from ganzoo.training.final_scores import FinalScores, measure_best
from ganzoo.training.session import Session
from ganzoo.training.together import from_main, together


class Evaluator(Callback):
    """Computes metrics, writes their scores down, and keeps the best model.

    Validation samples choose the best model, and callbacks are told of nothing else. Test samples
    are shown once, to the last model and to the best one.
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
            self._share(lambda alive: self._measure_to_choose(due, lambda *_: alive()))

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
        own = (measured.scores, measured.higher_is_better, measured.split) if measured else None
        scores, better, split = from_main(trainer.accelerator, own)
        if scores:
            trainer.evaluated(Scores(scores, better, split))

    def _announce(self, measured: Evaluation) -> None:
        if measured.scores:
            scores = Scores(measured.scores, measured.higher_is_better, measured.split)
            self.session.trainer.evaluated(scores)

    def _finish(self, alive: Callable[[], None]) -> Evaluation:
        """Measure the finished model, and show the scores beside the best model's."""
        with progress(self.console, "measuring") as show:

            def tick(*place: Any) -> None:
                show(*place)
                alive()

            final = self.finish(tick)
        final.print(self.console)
        if self.best.record:
            self.session.tell(self.best.describe())
        return final.choosing

    def finish(self, tick: Tick) -> FinalScores:
        """Measure the last model and the best one."""
        folder, step, splits = self.session.folder, self.session.trainer.done, self.session.splits
        wanted = metrics_of_a_run(self.session.experiment.blueprint)
        folder.cut_after(step - 1, folder.evaluations)  # a finished run may be resumed
        choosing = self._measure_to_choose(wanted, tick, swap=not splits.dealt)
        test = choosing
        if splits.dealt:
            test = self._measure(wanted, splits.test, tick, swap=True)
        if test.scores:
            write_json(folder.metrics, test.scores)
            write_json(folder.sample_scores, finite(test.sample_scores))
            for name, evidence in test.evidence.items():
                draw_evidence(evidence, folder.evidence(name))
        self.checkpoints.keep_best()
        best = self.best.record.get("step")
        if splits.dealt and best not in (None, step):
            measure_best(self.session, wanted, tick)
        lines = [line for line in folder.entries(folder.evaluations) if line["step"] == best]
        return FinalScores(step, choosing, test, lines if best != step else [])

    def _measure_to_choose(
        self, names: Sequence[str], tick: Tick, swap: bool = False
    ) -> Evaluation:
        """Measure on validation samples, and keep the model if it is the best so far.

        Where there are none, test samples are shown, and nothing is chosen. While training, no more
        samples are shown than metrics ask for; nor at the end, as scores that choose are compared.
        """
        splits = self.session.splits
        chooses = splits.validation is not None
        limited = chooses or not self.session.finished
        measured = self._measure(names, splits.choosing, tick, swap, limited)
        if chooses:
            self._consider(measured, splits)
        return measured

    def _measure(
        self,
        names: Sequence[str],
        data: Data,
        tick: Tick,
        swap: bool = False,
        limited: bool = False,
    ) -> Evaluation:
        """Measure the model as it is now, and write a line of its scores."""
        session, model = self.session, self.session.experiment.model()
        blueprint = session.experiment.blueprint
        measured = compute_metrics(blueprint, model, data, names, session.tell, tick, swap, limited)
        if measured.scores:
            line = {"step": session.trainer.done, "split": measured.split, **measured.tables()}
            session.folder.append(line, session.folder.evaluations)
        return measured

    def _consider(self, measured: Evaluation, splits: Splits) -> None:
        wrong = self.best.consider(self.session.trainer.done, measured, splits)
        if wrong and wrong != self.reported:
            self.session.tell(wrong)
        self.reported = wrong or self.reported
