"""The scores as bars with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.files.writing import write_with
from ganzoo.printing.text import one_line

from ganzoo_study.scoring import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR, INK, LIGHT = "#4878a8", "#303030", "#e4e4e4"


def draw_scores(scores: Mapping[str, Score], path: Path) -> None:
    """Draw a bar a method, its 95 % interval, and what guessing gives, as PNG.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((7, 1.3 + 0.5 * len(scores)), 120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _draw_bars(axes, scores)
    _dress(axes, scores)
    write_with(path, lambda file: figure.savefig(file, format="png"))


def _draw_bars(axes: Axes, scores: Mapping[str, Score]) -> None:
    shares = [100 * s.share for s in scores.values()]
    below = [max(0.0, 100 * (s.share - s.low)) for s in scores.values()]
    above = [max(0.0, 100 * (s.high - s.share)) for s in scores.values()]
    axes.barh(range(len(scores)), shares, height=0.6, color=BAR)
    axes.errorbar(
        shares, range(len(scores)), xerr=[below, above], fmt="none", ecolor=INK, capsize=4
    )
    axes.axvline(50, color=INK, linewidth=1, linestyle="--")


def _dress(axes: Axes, scores: Mapping[str, Score]) -> None:
    highest = max(100 * s.high for s in scores.values())
    axes.set_yticks(range(len(scores)), [*map(one_line, scores)], parse_math=False)
    axes.set_ylim(len(scores) - 0.4, -0.6)
    axes.set_xlim(0, min(100.0, max(60.0, highest * 1.05)))
    axes.set_xlabel("% labelled real, with 95 % intervals; dashed: guessing", color=INK)
    axes.grid(True, axis="x", color=LIGHT)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
