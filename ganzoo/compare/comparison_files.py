"""Writes a comparison's files: `comparison.html`, `.md`, `.csv`, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ganzoo.compare.compared_tradeoffs import tradeoff_files
from ganzoo.compare.comparison_page import comparison_page, show_systems
from ganzoo.compare.comparison_pictures import draw, open_systems
from ganzoo.compare.comparison_table import Comparison, as_csv, as_markdown, compare
from ganzoo.compare.run_scores import CPU
from ganzoo.compare.shared_metrics import Tables
from ganzoo.compare.system_scores import measure_systems
from ganzoo.compare.systems import System
from ganzoo.evaluation.measuring import Tell
from ganzoo.files.writing import write_text


def write_report(
    systems: Sequence[System],
    metrics: Mapping[str, Tables],
    out: Path,
    say: Tell,
    device: torch.device = CPU,
) -> tuple[Comparison, list[Path]]:
    """Measure finished systems and write all files of the comparison into `out`; returns the files.

    metrics: by system. device: where models compute.

    Raises:
        ModelError: a model is missing or damaged.
        DataError: images are missing or damaged.
    """
    table = compare(measure_systems(systems, metrics, say, device))
    texts = {out / "comparison.md": as_markdown(table), out / "comparison.csv": as_csv(table)}
    texts |= tradeoff_files(table, out)
    for path, text in texts.items():
        write_text(path, text)
    shown = open_systems({system.name: system.trainings[0].folder for system in systems}, device)
    pictures = draw(shown, out, say)
    page = out / "comparison.html"
    write_text(page, comparison_page(show_systems(systems), table, pictures, out))
    return table, [page, *texts, *pictures]
