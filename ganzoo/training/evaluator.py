"""Metrics while training: every so many steps, and at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from accelerate import Accelerator

from ganzoo.evaluation.best import Best
from ganzoo.evaluation.measuring import Evaluation, Tell, assess, of_a_run, say_nothing
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.files.writing import write_json
from ganzoo.runs.folder import finite
from ganzoo.training.recorder import Recorder

SECONDS = 20.0  # between two signs that the main process is still at work


class Evaluator:
    """A trainer's observer that measures, writes it down, and keeps the best model.

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

    def on_step(self, step: int) -> None:
        """Measure what is due; after the last step `finish` measures everything."""
        due = [name for name, every in self.every.items() if step % every == 0]
        if due and not self.recorder.finished:
            together(
                self.recorder.trainer.accelerator,
                lambda tick: self._measure(step, due, lambda *_: tick()),
            )

    def on_log(self, record: dict[str, Any]) -> None:
        """Nothing to do."""

    def on_samples(self, step: int) -> None:
        """Nothing to do."""

    def finish(self, tick: Tick = no_tick) -> tuple[Evaluation, dict[str, Any]]:
        """Measure the finished model, by the main process alone.

        Returns what was found, and the line of the best model's evaluation, if there is one.
        """
        folder, step = self.recorder.folder, self.recorder.trainer.done
        wanted = of_a_run(self.recorder.experiment.blueprint)
        folder.cut(folder.evaluations, step - 1)  # a finished run may be resumed
        found = self._measure(step, wanted, tick)
        if found.scores:
            write_json(folder.metrics, found.scores)
            write_json(folder.sample_scores, finite(found.cases))
        self.recorder.keep_best()
        best = self.best.record.get("step")
        lines = [line for line in folder.records(folder.evaluations) if line["step"] == best]
        return found, lines[-1] if lines else {}

    def _measure(self, step: int, names: Sequence[str], tick: Tick) -> Evaluation:
        experiment, trainer = self.recorder.experiment, self.recorder.trainer
        folder = self.recorder.folder
        blueprint, model = experiment.blueprint, experiment.model()
        found = assess(blueprint, model, trainer.data, names, self.tell, tick)
        if not found.scores:
            return found
        folder.append({"step": step, **found.tables()}, folder.evaluations)
        wrong = self.best.consider(step, found)
        if wrong and wrong != self.told:
            self.tell(wrong)
        self.told = wrong or self.told
        return found


def together(accelerator: Accelerator, work: Callable[[Callable[[], None]], object]) -> None:
    """Let the main process work while the others wait, however long it takes.

    A process that waits for another one gives up after minutes, so every few seconds `work` calls
    what it is given, and the others are told that it goes on.
    """
    if accelerator.num_processes == 1:
        work(lambda: None)
    elif accelerator.is_main_process:
        last = time.monotonic()

        def tick() -> None:
            nonlocal last
            if time.monotonic() - last > SECONDS:
                _goes_on(accelerator, 1.0)
                last = time.monotonic()

        work(tick)
        _goes_on(accelerator, 0.0)
    else:
        while _goes_on(accelerator, 0.0):
            pass


def _goes_on(accelerator: Accelerator, told: float) -> bool:
    """What the main process says; the others add nothing."""
    told_to_all = accelerator.reduce(torch.tensor([told], device=accelerator.device), "sum")
    return bool(told_to_all.item())
