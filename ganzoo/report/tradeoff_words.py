"""What a picture of realism against faithfulness shows, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.evaluation.tradeoff import COPY, Aspect, Tradeoff
from ganzoo.report.charts import format_value
from ganzoo.report.plot_points import PlotPoint

EXPLANATION = (
    "Realism says how like real images the outputs look, whatever they show; faithfulness, how "
    "much of its input an output keeps. Better is further to the upper right: a copy of the input "
    "stands at the far right, and painted images that have nothing to do with their inputs may "
    "stand at the top."
)
WHISKERS = (
    "Lines through a point are 95 % intervals over the samples; with several seeds, ± a standard "
    "deviation over the seeds. Dashed lines are baselines of which one score is known."
)


def say_leaders(tradeoff: Tradeoff, points: Sequence[PlotPoint]) -> str:
    """Which system looks most real, and which keeps most of its input; "" without any."""
    real = [(p.name, p.realism.value) for p in points if p.style is not None and p.realism]
    true = [
        (p.name, p.faithfulness.value) for p in points if p.style is not None and p.faithfulness
    ]
    if not real or not true:
        return ""
    first, most = _lead(tradeoff.realism, real), _lead(tradeoff.faithfulness, true)
    realism = f"({tradeoff.realism.words} {format_value(first[1])}{_copy(points, 'realism')})"
    faithful = f"({tradeoff.faithfulness.words} {format_value(most[1])})"
    if len(real) == 1:
        return f"{tradeoff.output}: realism {realism} beside faithfulness {faithful}"
    if first[0] == most[0]:
        return (
            f"{tradeoff.output}: {first[0]} is most like real images {realism} and keeps most of "
            f"its input {faithful}"
        )
    return (
        f"{tradeoff.output}: {first[0]} is most like real images {realism}; {most[0]} keeps most "
        f"of its input {faithful}"
    )


def _lead(aspect: Aspect, values: Sequence[tuple[str, float]]) -> tuple[str, float]:
    sign = 1 if aspect.higher_is_better else -1
    return max(values, key=lambda named: sign * named[1])


def _copy(points: Sequence[PlotPoint], name: str) -> str:
    """`; a copy of the input: 0.2`, where that is known."""
    copies = [mark for p in points if p.name == COPY and (mark := getattr(p, name))]
    return f"; a copy of the input: {format_value(copies[0].value)}" if copies else ""
