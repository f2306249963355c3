"""How the metrics that are computed while training move, in a few words each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from ganzoo.components.metrics.distribution import COPY
from ganzoo.interfaces import Scores
from ganzoo.training.speed import format_number

BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 24


@dataclass
class Trend:
    """The first score of a metric, over the evaluations so far.

    higher_is_better: whether the larger of two values is the better one.
    copying: what the inputs score, taken for outputs; None where that is not measured.
    """

    name: str
    higher_is_better: bool
    values: list[float] = field(default_factory=list)
    copying: float | None = None

    def __str__(self) -> str:
        """`kid_x2y 0.105 -> 0.049, worse than copying the input 0.038`."""
        numbers = [self.values[0], self.values[-1]] if len(self.values) > 1 else self.values
        moved = " -> ".join(map(format_number, numbers))
        if self.copying is None:
            return f"{self.name} {moved}"
        how = f"{self._compare(self.values[-1], self.copying)} than copying the input"
        return f"{self.name} {moved}, {how} {format_number(self.copying)}"

    def _compare(self, value: float, other: float) -> str:
        better = value > other if self.higher_is_better else value < other
        return "better" if better else "no better" if value == other else "worse"

    def draw(self) -> str:
        """The values as bars, the last ones of many: `▇▅▃▂`."""
        values = [value for value in self.values if math.isfinite(value)][-MOST_BARS:]
        if len(values) < 2:
            return ""
        low, high = min(values), max(values)
        shares = ((value - low) / (high - low) if high > low else 0.5 for value in values)
        return "".join(BARS[round(share * (len(BARS) - 1))] for share in shares)


class Trends:
    """The trends of all metrics that are computed while training.

    past: the scores of earlier evaluations of the run, in order.
    """

    def __init__(self, past: Iterable[Scores] = ()) -> None:
        self.by_metric: dict[str, Trend] = {}
        for scores in past:
            self.add(scores)

    def add(self, scores: Scores) -> list[Trend]:
        """Add an evaluation; returns the trends of the metrics that were computed."""
        added = []
        for metric, table in scores.tables.items():
            own = scores.of_model(metric)
            score = next(iter(own), None)
            if score is None:
                continue
            better = bool(scores.higher_is_better.get(metric, {}).get(score, True))
            trend = self.by_metric.setdefault(metric, Trend(metric, better))
            trend.values.append(own[score])
            trend.copying = table.get(COPY, {}).get(score)
            added.append(trend)
        return added
