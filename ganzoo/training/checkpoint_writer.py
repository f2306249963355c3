"""Checkpoints, and the model beside them."""

from __future__ import annotations

from pathlib import Path

from ganzoo.builder.packaging import write_model
from ganzoo.engine import state
from ganzoo.evaluation.best import keep_in
from ganzoo.files.writing import duplicate
from ganzoo.interfaces import Callback, Training
from ganzoo.runs.checkpoint_folders import UNFINISHED, close_checkpoint, open_checkpoint
from ganzoo.training.session import Session


class CheckpointWriter(Callback):
    """Writes checkpoints and the model, and how far that is into run.json."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def on_checkpoint(self, training: Training, folder: Path) -> None:
        """Write both."""
        self.save()

    def save(self) -> None:
        """Write a checkpoint and the model; every process its share, the main one renames."""
        session, trainer = self.session, self.session.trainer
        accelerator, place = trainer.accelerator, session.folder.checkpoints
        if session.is_main:
            session.folder.lock.check()
            open_checkpoint(place)
        accelerator.wait_for_everyone()
        state.save(trainer, place / UNFINISHED)
        accelerator.wait_for_everyone()
        if session.is_main:
            keep_in(session.folder.path, place / UNFINISHED)
            close_checkpoint(place, trainer.done, *self._retention())
            write_model(session.experiment, session.folder.model, trainer.done)
            session.record.reach(trainer.done)
        accelerator.wait_for_everyone()  # who ends early makes a launcher end the others

    def keep_best(self) -> None:
        """Let the last checkpoint remember a best model that was found after it was written."""
        folder, step = self.session.folder, self.session.trainer.done
        last = folder.checkpoint(step)
        if last.is_dir():
            unfinished = open_checkpoint(folder.checkpoints)
            for file in last.iterdir():
                duplicate(file, unfinished / file.name)
            keep_in(folder.path, unfinished)
            close_checkpoint(folder.checkpoints, step, *self._retention())

    def _retention(self) -> tuple[int, int | None]:
        """How many checkpoints are kept, and every how many steps one is."""
        table, trainer = self.session.experiment.recipe.checkpoints, self.session.trainer
        counts = trainer.timetable.image_counts
        return table.keep, table.keep_every.steps(*counts) if table.keep_every else None
