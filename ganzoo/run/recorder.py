"""What keeps the run folder while training: log, pictures, checkpoints, model and run.json."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from ganzoo.build import Experiment
from ganzoo.build.packaging import write_model
from ganzoo.files import write_with
from ganzoo.play import state
from ganzoo.play.model import Model
from ganzoo.play.trainer import Trainer
from ganzoo.run.environment import environment
from ganzoo.run.folder import RunFolder
from ganzoo.run.pictures import grid
from ganzoo.run.plot import plot_losses
from ganzoo.run.record import RunRecord


class Recorder:
    """A trainer's observer that keeps the run folder."""

    def __init__(self, experiment: Experiment, trainer: Trainer, folder: RunFolder) -> None:
        self.experiment, self.trainer, self.folder = experiment, trainer, folder
        self.columns = experiment.blueprint.shown()
        self.main = bool(trainer.accelerator.is_main_process)
        self.record = RunRecord(folder.path)

    @property
    def finished(self) -> bool:
        """Whether all steps are made."""
        return self.trainer.done == self.trainer.timetable.steps

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
            self.record.reach(step)
        accelerator.wait_for_everyone()  # who ends early makes a launcher end the others

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keep run.json from the training's start to its end, whatever ends it."""
        trainer, record = self.trainer, self.record
        if not self.main:
            yield
            return
        entry = environment(self.experiment, trainer.accelerator)
        record.begin(entry, trainer.done, trainer.timetable.steps)
        try:
            yield
        except BaseException as error:
            with suppress(OSError):
                record.end("interrupted", (str(error) or type(error).__name__).splitlines()[0])
            raise
        record.end("finished" if self.finished else "stopped")

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
