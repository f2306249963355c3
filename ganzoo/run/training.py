"""Training a recipe into a run folder, with a Ctrl-C that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from rich.console import Console

from ganzoo.build import Experiment
from ganzoo.build.packaging import write_model
from ganzoo.errors import DataError, RunError
from ganzoo.files import write_json, write_with
from ganzoo.play import state
from ganzoo.play.device import accelerator_for
from ganzoo.play.loader import told_by_worker
from ganzoo.play.model import Model
from ganzoo.play.trainer import Trainer
from ganzoo.run.display import Display, make_display
from ganzoo.run.evaluation import Scores, evaluate, print_scores, rehearse
from ganzoo.run.folder import RunFolder
from ganzoo.run.notes import notes
from ganzoo.run.pictures import grid
from ganzoo.run.plot import plot_losses


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    step: how many steps are made; finished: whether these are all.
    main: whether this process is the one that speaks.
    """

    folder: RunFolder
    step: int
    finished: bool
    main: bool


class Recorder:
    """A trainer's observer that keeps the run folder."""

    def __init__(self, experiment: Experiment, trainer: Trainer, folder: RunFolder) -> None:
        self.experiment, self.trainer, self.folder = experiment, trainer, folder
        self.columns = experiment.blueprint.shown()
        self.main = bool(trainer.accelerator.is_main_process)

    def on_step(self, step: int) -> None:
        """Nothing to do."""

    def on_log(self, record: dict[str, Any]) -> None:
        """Write a line of the log."""
        if self.main:
            self.folder.append(record)

    def on_samples(self, step: int) -> None:
        """Draw the sample grid and the loss plot."""
        if not self.main:
            return
        self._draw_samples(step)
        records = list(self.folder.records())
        if records:
            plot_losses(records, self.folder.plot)

    def save(self, step: int) -> None:
        """Write a checkpoint and the model; every process its share, the main one renames."""
        accelerator, experiment = self.trainer.accelerator, self.experiment
        if self.main:
            self.folder.open_checkpoint()
        accelerator.wait_for_everyone()
        state.save(self.trainer, self.folder.checkpoints / ".part")
        accelerator.wait_for_everyone()
        if self.main:
            kept = experiment.recipe.checkpoints
            images = len(self.trainer.data), self.trainer.images_a_step
            every = kept.keep_every.steps(*images) if kept.keep_every else None
            self.folder.close_checkpoint(step, kept.keep, every)
            write_model(experiment, self.folder.model, step)

    def _draw_samples(self, step: int) -> None:
        data, recipe = self.trainer.data, self.experiment.recipe
        count = min(recipe.samples.count, data.test_count())
        if not self.columns or not count:
            return
        model = self.experiment.model()
        rows = [self._row(model, index) for index in range(count)]
        path = self.folder.sample_file(step)
        save_picture(grid(rows, [str(column.wire) for column in self.columns]), path)

    def _row(self, model: Model, index: int) -> list[torch.Tensor]:
        sample = {name: v[None] for name, v in self.trainer.data.test_sample(index).items()}
        values = model.evaluate(self.columns, sample, seed=index)
        return [(v[-1] if isinstance(v, list) else v)[0].float().cpu() for v in values]


def save_picture(picture: Any, path: Path) -> None:
    """Write a PIL image as PNG, whole or not at all."""
    write_with(path, lambda temporary: picture.save(temporary, format="PNG"))


def train(
    experiment: Experiment, out: Path, *, resume: bool = False, console: Console | None = None
) -> Outcome:
    """Train into the folder `out`, or go on with the run that is there.

    Raises:
        RunError: the folder is taken, or holds nothing that can be resumed.
        DataError: the images are missing or unreadable.
    """
    console = console or Console()
    folder = RunFolder(out)
    checkpoint: Path | None = None
    if resume:
        checkpoint = folder.check_resumable(experiment.recipe)
    else:
        folder.check_free()
    accelerator = accelerator_for(experiment.recipe.train)
    trainer = experiment.trainer(accelerator)
    recorder = Recorder(experiment, trainer, folder)
    if recorder.main:
        rehearse(experiment, trainer.data)
    if checkpoint:
        _take_up(experiment, trainer, checkpoint)
    accelerator.wait_for_everyone()
    if recorder.main:
        if resume:
            folder.resume(experiment.recipe, trainer.done)
        else:
            folder.create(experiment.recipe)
    with make_display(
        _quiet_unless(recorder.main, console), trainer.timetable.steps, trainer.done, str(out)
    ) as display:
        for note in notes(experiment, trainer.data):
            display.note(note)
        _play(trainer, recorder, display)
    finished = trainer.done == trainer.timetable.steps
    if finished and recorder.main:
        _finish(experiment, trainer, folder, console)
    return Outcome(folder, trainer.done, finished, recorder.main)


def _take_up(experiment: Experiment, trainer: Trainer, checkpoint: Path) -> None:
    """Put the trainer where the checkpoint is, unless that is past the end."""
    state.restore(trainer, checkpoint)
    if trainer.done > trainer.timetable.steps:
        length = experiment.recipe.train.length
        raise RunError(
            f"{checkpoint.parents[1]}: this run has already made {trainer.done} steps; "
            f"train.length = {length} is shorter"
        )


def _play(trainer: Trainer, recorder: Recorder, display: Display) -> None:
    with stop_on_interrupt(trainer, display):
        try:
            if trainer.done == 0:
                _draw_first(recorder, display)
            trainer.run([recorder, display], recorder.save)
        except DataError as error:
            told = told_by_worker(error)
            raise DataError(f"{told}\n  {_save_alone(trainer, recorder)}") from error


def _save_alone(trainer: Trainer, recorder: Recorder) -> str:
    """Save when only this process knows that the training ends; returns how to go on.

    To save takes all processes, and others may wait for this one in the middle of a step.
    """
    if trainer.accelerator.num_processes == 1:
        recorder.save(trainer.done)
        return f"the run is saved at step {trainer.done}: mend it and go on with --resume"
    return "mend it; the run goes on from its last checkpoint with --resume"


def _draw_first(recorder: Recorder, display: Display) -> None:
    """A look at the data, before anything is learnt."""
    recorder.on_samples(0)
    picture = recorder.folder.sample_file(0)
    if recorder.main and picture.exists():
        display.note(f"first samples, of untrained networks: {picture}")


@contextmanager
def stop_on_interrupt(trainer: Trainer, display: Display) -> Iterator[None]:
    """The first Ctrl-C lets the step finish and saves; a second one stops at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        if trainer.stop:
            raise KeyboardInterrupt
        trainer.stop = True
        display.note("stopping after this step ... (Ctrl-C again stops without saving)")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _finish(experiment: Experiment, trainer: Trainer, folder: RunFolder, console: Console) -> None:
    scores: Scores = evaluate(experiment, trainer.data)
    if scores:
        write_json(folder.metrics, scores)
        print_scores(scores, trainer.data.test_count(), console)


def _quiet_unless(main: bool, console: Console) -> Console:
    """Only the main process speaks."""
    return console if main else Console(quiet=True)
