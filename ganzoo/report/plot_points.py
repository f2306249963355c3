"""The points of a picture of realism against faithfulness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganzoo.report.charts import format_value


@dataclass(frozen=True)
class Mark:
    """A value and the ends of its interval, where they are known."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> list[float]:
        """The value and the ends that are known."""
        return [each for each in (self.value, self.low, self.high) if each is not None]

    def format(self) -> str:
        """`0.53 [0.51, 0.55]`."""
        known = self.low is not None and self.high is not None
        ends = f" [{format_value(self.low)}, {format_value(self.high)}]" if known else ""
        return f"{format_value(self.value)}{ends}"


@dataclass(frozen=True)
class PlotPoint:
    """A system, or a baseline, which has no style.

    faithfulness, realism: its scores. Of a baseline, one may be unknown: it is a line across then.
    style: the number of its colour.
    """

    name: str
    faithfulness: Mark | None
    realism: Mark | None
    style: int | None = None

    def describe(self) -> str:
        """`cyclegan: realism 0.02 [0.01, 0.03], faithfulness 0.53 [0.51, 0.55]`."""
        marks = {"realism": self.realism, "faithfulness": self.faithfulness}
        return f"{self.name}: " + ", ".join(f"{n} {m.format()}" for n, m in marks.items() if m)


def numbered(points: Sequence[PlotPoint]) -> list[PlotPoint]:
    """The points with a number before each name."""
    return [replace(point, name=f"{n} {point.name}") for n, point in enumerate(points, 1)]
