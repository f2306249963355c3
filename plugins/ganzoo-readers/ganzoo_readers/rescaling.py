"""Stored numbers become the units that a file says: a slope times them, and an intercept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from ganzoo.interfaces.reader import Values


class Rescaling(NamedTuple):
    """value = slope * stored + intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    def dtype(self, stored: str, ends: tuple[float, float] | None) -> str:
        """The type of the values: whole numbers stay whole.

        stored: the type in the file. ends: the least and greatest number that it may have there.
        """
        if self == Rescaling():
            return stored
        if ends is None or not (self.slope.is_integer() and self.intercept.is_integer()):
            return "float32"
        low, high = self.scale(ends)
        fitting = (name for name in ("uint8", "uint16", "int16", "int32") if _fits(low, high, name))
        return next(fitting, "float32")

    def scale(self, ends: tuple[float, float]) -> tuple[float, float]:
        """The least and greatest value."""
        low, high = (self.slope * end + self.intercept for end in ends)
        return min(low, high), max(low, high)

    def apply(self, stored: Values, dtype: str) -> Values:
        """The values, of that type."""
        if self == Rescaling():
            return stored.astype(dtype)
        return (stored * np.float64(self.slope) + self.intercept).astype(dtype)


def _fits(low: float, high: float, dtype: str) -> bool:
    info = np.iinfo(dtype)
    return info.min <= low and high <= info.max
