"""Do outputs follow their inputs? Each is compared with the output of another sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ganzoo.evaluation.tradeoff import WinShare
from ganzoo.interfaces import Metric

WIRE = "prediction"
Z = 1.96


@dataclass
class Swapped:
    """A second metric, which is shown each sample with the output of the sample before.

    own: the metric that is shown each sample as it is. indices: the samples shown to `metric`.
    """

    own: Metric
    metric: Metric
    indices: list[int]
    previous: Tensor | None = None
    count: int = 0

    @classmethod
    def of(cls, metric: Metric, wires: Mapping[str, Any]) -> Swapped | None:
        """For a metric that was prepared, but shown nothing yet.

        None for metrics that do not measure faithfulness, sample by sample.
        """
        by_sample = type(metric).sample_scores is not Metric.sample_scores
        if metric.measures != "faithfulness" or not by_sample or WIRE not in wires:
            return None
        return cls(metric, deepcopy(metric), [])

    def update(self, values: Mapping[str, Any]) -> None:
        """Show a sample's wires, after `own` was shown them; their shapes fit, so."""
        output = values[WIRE]
        if self.previous is not None and self.previous.shape == output.shape:
            self.metric.update(**{**values, WIRE: self.previous})  # type: ignore[attr-defined]
            self.indices.append(self.count)
        self.previous, self.count = output, self.count + 1

    def share(self) -> WinShare | None:
        """In how many samples the own output scores better; None if no two could be compared."""
        if not self.indices:  # a metric that was shown nothing may have no scores
            return None
        own, others = (each.sample_scores() for each in (self.own, self.metric))
        score = self.own.find_main_score(own)
        if score not in others:
            return None
        sign = 1 if self.own.higher_is_better(score) else -1
        pairs = zip((own[score][i] for i in self.indices), others[score], strict=True)
        differences = [sign * (one - other) for one, other in pairs]
        wins = [(1 + (d > 0) - (d < 0)) / 2 for d in differences if not math.isnan(d)]
        if not wins:
            return None
        value = sum(wins) / len(wins)
        return WinShare(value, *share_interval(value, len(wins)), len(wins))


def share_interval(value: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `count` samples (Wilson 1927, doi:10.2307/2276774).

    It is wide for few samples also where the share is 0 or 1.
    """
    square = Z**2 / count
    centre = (value + square / 2) / (1 + square)
    half = Z * math.sqrt(value * (1 - value) / count + square / 4 / count) / (1 + square)
    return centre - half, centre + half
