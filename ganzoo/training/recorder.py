"""What keeps the run folder while training: log, pictures, checkpoints, model and run.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.builder.packaging import write_model
from ganzoo.engine import state
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import RunError, first_line
from ganzoo.evaluation.best import keep_in
from ganzoo.evaluation.picture_row import make_picture_row
from ganzoo.files.writing import duplicate, remove
from ganzoo.inference.grid import grid, save_picture
from ganzoo.interfaces import Callback, LogEntry, Training
from ganzoo.report.loss_plot import plot_losses
from ganzoo.runs.checkpoint_folders import PART, close_checkpoint, open_checkpoint
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.resume_rules import Change
from ganzoo.runs.run_record import RunRecord
from ganzoo.training.environment import environment
from ganzoo.training.report_writer import Reporting


class Recorder(Callback):
    """A callback that keeps the run folder.

    told: what a person should know of the data, and of what was changed on purpose.
    changed: that, for the record.
    """

    def __init__(self, experiment: Experiment, trainer: Trainer, folder: RunFolder) -> None:
        self.experiment, self.trainer, self.folder = experiment, trainer, folder
        self.columns = experiment.blueprint.shown()
        self.main = bool(trainer.accelerator.is_main_process)
        self.record = RunRecord(folder.path)
        self.reporting = Reporting(experiment, folder.path)
        self.told: list[str] = []
        self.changed: list[Change] = []

    @property
    def finished(self) -> bool:
        """Whether all steps are made."""
        return self.trainer.done == self.trainer.timetable.steps

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """Write a line of the log."""
        if self.main:
            self.folder.append(dict(entry))

    def on_checkpoint(self, training: Training, folder: Path) -> None:
        """Write it."""
        self.save(training.step)

    def on_samples(self, training: Training) -> None:
        """Draw the sample grid and the loss plot."""
        if not self.main:
            return
        self.folder.lock.check()
        self._draw_samples(training.step)
        records = list(self.folder.entries())
        if records:
            plot_losses(records, self.folder.plot)
        self.reporting.write()

    def save(self, step: int) -> None:
        """Write a checkpoint and the model; every process its share, the main one renames."""
        accelerator, experiment = self.trainer.accelerator, self.experiment
        if self.main:
            self.folder.lock.check()
            open_checkpoint(self.folder.checkpoints)
        accelerator.wait_for_everyone()
        state.save(self.trainer, self.folder.checkpoints / PART)
        accelerator.wait_for_everyone()
        if self.main:
            keep_in(self.folder.path, self.folder.checkpoints / PART)
            close_checkpoint(self.folder.checkpoints, step, *self._kept())
            write_model(experiment, self.folder.model, step)
            self.record.reach(step)
            self.reporting.write()
        accelerator.wait_for_everyone()  # who ends early makes a launcher end the others

    def keep_best(self) -> None:
        """Let the last checkpoint remember a best model that was found after it was written."""
        step, folder = self.trainer.done, self.folder.checkpoints
        last = self.folder.checkpoint(step)
        if last.is_dir():
            part = open_checkpoint(folder)
            for file in last.iterdir():
                duplicate(file, part / file.name)
            keep_in(self.folder.path, part)
            close_checkpoint(folder, step, *self._kept())

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keep run.json from the training's start to its end, whatever ends it."""
        trainer, record = self.trainer, self.record
        if not self.main:
            yield
            return
        entry = {**environment(self.experiment, trainer.accelerator), **self._data()}
        record.begin(entry, trainer.done, trainer.timetable.steps)
        try:
            yield
        except BaseException as error:
            self._end_badly(error)
            raise
        if self.finished:
            self.reporting.draw_extremes()
        why = "" if self.finished else self.trainer.stop_reason
        record.end("finished" if self.finished else "stopped", why)
        self.reporting.finish()

    def _data(self) -> dict[str, Any]:
        """What is trained on, and what was changed on purpose, for run.json."""
        data = self.trainer.data
        found = {"summary": data.summary(), "fingerprint": data.fingerprint()}
        changes = {"changes": self.changed} if self.changed else {}
        return {**({"data": found} if any(found.values()) else {}), **changes}

    def _end_badly(self, error: BaseException) -> None:
        """Note why, unless the folder is no longer this run's, or is gone."""
        with suppress(OSError, RunError):
            self.folder.lock.check()
            remove(self.folder.checkpoints / PART)  # on a full disk it is in the way
            why = first_line(error)
            self.record.end("interrupted", why)
            if isinstance(error, Exception):  # who presses Ctrl-C twice does not wait
                self.reporting.finish()

    def _kept(self) -> tuple[int, int | None]:
        """How many checkpoints are kept, and every how many steps one is."""
        kept = self.experiment.recipe.checkpoints
        images = len(self.trainer.data), self.trainer.images_a_step
        return kept.keep, kept.keep_every.steps(*images) if kept.keep_every else None

    def _draw_samples(self, step: int) -> None:
        data, recipe = self.trainer.data, self.experiment.recipe
        count = min(recipe.samples.count, data.test_count())
        if not self.columns or not count:
            return
        model = self.experiment.model()
        rows = [make_picture_row(model, self.columns, data, index) for index in range(count)]
        path = self.folder.sample_grid(step)
        save_picture(grid(rows, [str(column.wire) for column in self.columns]), path)


class FirstSamples(Callback):
    """Says where the samples of untrained networks are: a look at the data."""

    def __init__(self, recorder: Recorder, tell: Callable[[str], None]) -> None:
        self.recorder, self.tell = recorder, tell

    def on_samples(self, training: Training) -> None:
        """Say so, of the first ones."""
        picture = self.recorder.folder.sample_grid(0)
        if training.step == 0 and self.recorder.main and picture.exists():
            self.tell(f"first samples, of untrained networks: {picture}")
