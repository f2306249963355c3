"""Laws fitted to measured points, and how well they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import correlation, linear_regression


@dataclass(frozen=True)
class Law:
    """y = start + slope * x.

    fit: the share of y's variance that it explains, R squared.
    """

    start: float
    slope: float
    fit: float

    def at(self, x: float) -> float:
        """The value that it says."""
        return self.start + self.slope * x


def fit_line(xs: Sequence[float], ys: Sequence[float]) -> Law:
    """The straight line of least squares; a single point, or equal ones, give a level line."""
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        return Law(sum(ys) / len(ys), 0.0, 1.0)
    line = linear_regression(xs, ys)
    return Law(line.intercept, line.slope, correlation(xs, ys) ** 2)


def fit_exponent(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The p of y ~ x^p, by least squares of the logarithms; values of 0 are left out."""
    pairs = [(math.log(x), math.log(y)) for x, y in zip(xs, ys, strict=True) if x > 0 and y > 0]
    return fit_line([x for x, _ in pairs], [y for _, y in pairs]).slope
