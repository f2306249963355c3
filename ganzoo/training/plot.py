"""The losses of a run as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.files.writing import write_with
from ganzoo.printing.text import one_line
from ganzoo.report.axes import DECADES, Values
from ganzoo.report.losses import loss_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = NDArray[np.float64]

DASHES = ("-", "--", ":")
INK, LIGHT = "#303030", "#e4e4e4"


def plot_losses(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a panel a player and a line a term (means before weights, over steps), as PNG.

    records: the lines of log.jsonl; where a step occurs twice, the later line counts. Values that
        are missing or not finite leave gaps. Without records nothing is written.

    Raises:
        OSError: the file cannot be written.
    """
    ordered = [record for _, record in sorted({r["step"]: r for r in records}.items())]
    steps, curves = loss_curves(ordered)
    if not curves:
        return
    drawn = {p: {t: _array(values) for t, values in terms.items()} for p, terms in curves.items()}
    figure = _figure(_array(steps), drawn)
    write_with(path, lambda file: figure.savefig(file, format="png"))


def _array(values: Values) -> Curve:
    """NaN where there is no value."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _figure(steps: Curve, curves: Mapping[str, Mapping[str, Curve]]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    most = max(len(terms) for terms in curves.values())
    figure = Figure(
        figsize=(10, len(curves) * max(3.0, 0.9 + 0.22 * most)),
        dpi=120,
        facecolor="white",
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12),
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
    styles = _styles(curves)
    for axes, (player, terms) in zip(panels, curves.items(), strict=True):
        _draw(axes, steps, terms, styles)
        _dress(axes, player)
    panels[-1].set_xlabel("steps", fontsize=9, color=INK)
    figure.align_ylabels(panels)
    return figure


def _styles(curves: Mapping[str, Mapping[str, Curve]]) -> dict[str, dict[str, Any]]:
    """A term looks the same in every panel; after ten colours the dashes change."""
    names = list(dict.fromkeys(term for terms in curves.values() for term in terms))
    return {
        name: {"color": f"C{i % 10}", "linestyle": DASHES[i // 10 % len(DASHES)]}
        for i, name in enumerate(names)
    }


def _draw(
    axes: Axes, steps: Curve, terms: Mapping[str, Curve], styles: Mapping[str, dict[str, Any]]
) -> None:
    marker = "o" if len(steps) < 3 else ""
    lines = [
        axes.plot(steps, curve, linewidth=1.4, marker=marker, markersize=4, **styles[term])[0]
        for term, curve in terms.items()
    ]
    values = np.concatenate([curve[np.isfinite(curve)] for curve in terms.values()])
    if values.size and values.min() > 0 and values.max() / values.min() > 10**DECADES:
        axes.set_yscale("log")
    legend = axes.legend(
        lines, [*map(one_line, terms)], loc="upper left", bbox_to_anchor=(1.01, 1.02),
        frameon=False, fontsize=9, labelcolor=INK,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def _dress(axes: Axes, player: str) -> None:
    axes.set_title(
        one_line(player), parse_math=False, loc="left", fontsize=11, fontweight="bold", color=INK
    )
    axes.set_ylabel("mean loss, before weights", fontsize=9, color=INK)
    axes.grid(True, color=LIGHT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b0b0b0")
