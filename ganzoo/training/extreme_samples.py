"""Pictures of the samples with the best and the worst scores."""

from __future__ import annotations

from torch import Tensor

from ganzoo.builder import Experiment
from ganzoo.components.writers.png_writer import save_png
from ganzoo.evaluation.picture_row import make_picture_row
from ganzoo.inference.grid import grid
from ganzoo.interfaces import Data
from ganzoo.report.picture_sections import extreme_file, extremes, score_tables
from ganzoo.report.run_files import RunFiles


def draw_extremes(experiment: Experiment, files: RunFiles, data: Data) -> None:
    """Draw `cases/<metric>-<score>-best.png` and `-worst.png`: a row a sample of cases.json.

    Columns are those of the sample grids; each sample is seeded by its number in the data.
    data: those that the scores of cases.json are of.
    """
    columns = experiment.blueprint.shown()
    if not columns:
        return
    model = experiment.model()
    rows: dict[int, list[Tensor]] = {}
    for metric, score, table in score_tables(files.sample_scores):
        for side, extreme in zip(("best", "worst"), extremes(table), strict=True):
            there = [index for index, _ in extreme if index < data.test_count()]
            for index in there:
                if index not in rows:
                    rows[index] = make_picture_row(model, columns, data, index)
            if there:
                sheet = grid([rows[i] for i in there], [str(column.wire) for column in columns])
                path = extreme_file(files.folder, metric, score, side)
                save_png(sheet, path)
