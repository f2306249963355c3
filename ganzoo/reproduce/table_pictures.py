"""A picture for each table: held-out inputs down, the table's systems across, the truth last."""

from __future__ import annotations

from pathlib import Path

import torch

from ganzoo.compare.comparison_pictures import draw_output, open_systems
from ganzoo.compare.run_scores import CPU
from ganzoo.errors import GanzooError
from ganzoo.evaluation.measuring import Tell
from ganzoo.reproduce.paper_tables import PaperTable
from ganzoo.reproduce.reproduction import Reproduction
from ganzoo.runs.listing import is_finished

ROWS = 3


def draw_tables(planned: Reproduction, folder: Path, say: Tell, device: torch.device = CPU) -> None:
    """Draw the last models of seed 0 for each table into a folder.

    A table without a finished system, or with a model that cannot be opened, has no picture.
    """
    for table in planned.tables:
        try:
            _draw(planned, table, folder, say, device)
        except GanzooError as error:
            say(f"{table.key}: no picture ({error})")


def drawn_pictures(planned: Reproduction, folder: Path) -> dict[str, Path]:
    """The pictures that are in a folder, by table."""
    paths = {table.key: _path(planned, table, folder) for table in planned.tables}
    return {key: path for key, path in paths.items() if path.exists()}


def _path(planned: Reproduction, table: PaperTable, folder: Path) -> Path:
    return folder / f"{planned.budget.key}_{table.key}.png"


def _draw(
    planned: Reproduction, table: PaperTable, folder: Path, say: Tell, device: torch.device
) -> None:
    rows = [row for row in table.rows if not planned.why_not_run(row.system)]
    runs = {row.name: planned.system_of(row.system).trainings[0].folder for row in rows}
    finished = {name: run for name, run in runs.items() if is_finished(run)}
    if table.output and finished:
        path = _path(planned, table, folder)
        folder.mkdir(parents=True, exist_ok=True)
        draw_output(table.output, open_systems(finished, device), path, say, ROWS)
