"""Axes of charts: ranges, ticks, positions of values; logarithmic if the values span decades."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Value = float | None
Values = Sequence[Value]

MOST_POINTS = 500  # a line of more is a smear
DECADES = 2  # a panel that spans more gets a logarithmic axis
TICKS = 7  # at most, about


@dataclass(frozen=True)
class Axis:
    """A range of values."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """The position of a value between low (0) and high (1)."""
        low, high, at = (self._scaled(v) for v in (self.low, self.high, value))
        return (at - low) / (high - low)

    def ticks(self, most: int = TICKS) -> list[float]:
        """Round values in the range, about so many."""
        return self._decades(most) if self.log else self._steps(most)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.low * 1e-3)) if self.log else value

    def _decades(self, most: int) -> list[float]:
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        stride = max(1, math.ceil((last - first + 1) / most))
        return [10.0**power for power in range(first, last + 1, stride)]

    def _steps(self, most: int) -> list[float]:
        step = _round_step((self.high - self.low) / most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def axis_of(values: Iterable[Value], log: bool | None = None) -> Axis:
    """An axis that covers all values; log: None chooses by the number of decades they span."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if log is None:
        log = low > 0 and high / low > 10**DECADES
    if log:
        return Axis(low / 1.15, high * 1.15, True)
    room = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return Axis(0.0 if 0 <= low < room * 3 else low - room, high + room)


def thin(values: Values) -> list[Value]:
    """Replace neighbours by their mean, until at most MOST_POINTS values are left; gaps stay."""
    stride = max(1, -(-len(values) // MOST_POINTS))
    return [_mean(values[start : start + stride]) for start in range(0, len(values), stride)]


def format_number(value: float) -> str:
    """`0.0513`, `2,800`, `1e-05`: short, for ticks and read-outs."""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def _mean(values: Values) -> Value:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)
