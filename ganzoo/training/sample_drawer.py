"""The pictures that a run shows of itself: sample grids and the loss plot."""

from __future__ import annotations

from ganzoo.components.writers.png_writer import save_png
from ganzoo.evaluation.picture_row import make_picture_row
from ganzoo.inference.grid import grid
from ganzoo.interfaces import Callback, Training
from ganzoo.report.loss_plot import plot_losses
from ganzoo.training.session import Session


class SampleDrawer(Callback):
    """Draws a sample grid and the loss plot; says where the first grid is."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.columns = session.experiment.blueprint.shown()

    def on_samples(self, training: Training) -> None:
        """Draw both."""
        if not training.is_main:
            return
        folder = self.session.folder
        folder.lock.check()
        self._draw_grid(training.step)
        self._plot_losses()
        if training.step == 0 and folder.sample_grid(0).exists():
            place = folder.sample_grid(0)
            self.session.tell(f"first samples, of untrained networks: {place}")

    def on_end(self, training: Training) -> None:
        """Draw the plot, also where training stops between samples."""
        if training.is_main:
            self._plot_losses()

    def _plot_losses(self) -> None:
        entries = list(self.session.folder.entries())
        if entries:
            plot_losses(entries, self.session.folder.plot)

    def _draw_grid(self, step: int) -> None:
        data, experiment = self.session.trainer.data, self.session.experiment
        count = min(experiment.recipe.samples.count, data.test_count())
        if not self.columns or not count:
            return
        model = experiment.model()
        rows = [make_picture_row(model, self.columns, data, index) for index in range(count)]
        picture = grid(rows, [str(column.wire) for column in self.columns])
        save_png(picture, self.session.folder.sample_grid(step))
