"""Draws the pictures that show what a metric found."""

from __future__ import annotations

from pathlib import Path

from ganzoo.components.writers.png_writer import save_png
from ganzoo.inference.grid import grid
from ganzoo.interfaces.metric import Evidence


def draw_evidence(evidence: Evidence, path: Path) -> None:
    """Draw its rows of images as a PNG; its folder is made."""
    rows = [list(row) for row in evidence.rows]
    path.parent.mkdir(exist_ok=True)
    save_png(grid(rows, evidence.headings, evidence.titles), path)
