"""How far a difference must stand out at each analysis, so that many raise no false alarms.

Group-sequential tests that spend their error as Lan & DeMets 1983 (Biometrika 70) do in the form
of O'Brien & Fleming 1979 (Biometrics 35): little at early ones, nearly all at the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

NORMAL = NormalDist()
NODES, WEIGHTS = np.polynomial.legendre.leggauss(160)
HIGHEST = 12.0  # bounds in standard errors are sought below
HALVINGS = 60
Floats = NDArray[np.float64]


def spent(alpha: float, time: float) -> float:
    """The error of both sides that is spent up to a share of all participants."""
    return 4 * (1 - NORMAL.cdf(NORMAL.inv_cdf(1 - alpha / 4) / math.sqrt(time)))


def find_bounds(alpha: float, times: Sequence[float]) -> list[float]:
    """For each analysis, the |z| from which the difference is decided.

    times: the share of all participants at each analysis, rising to 1.
    """
    walk, bounds, before = _Walk(0.0), list[float](), 0.0
    for time in times:
        share = spent(alpha, time) - before
        bound = walk.find_bound(share, time)
        walk.go_on(bound, time)
        bounds.append(bound)
        before += share
    return bounds


def stopping(bounds: Sequence[float], times: Sequence[float], drift: float) -> list[float]:
    """The probability of each analysis to be the one that decides.

    drift: the expected z of the difference with all participants.
    """
    walk, shares = _Walk(drift), list[float]()
    for bound, time in zip(bounds, times, strict=True):
        shares.append(walk.leaving(bound, time))
        walk.go_on(bound, time)
    return shares


def find_drift(bounds: Sequence[float], times: Sequence[float], power: float) -> float:
    """The expected z with all participants at which a difference is detected so often."""
    return _halve(lambda drift: power - sum(stopping(bounds, times, drift)), 0.0, HIGHEST)


class _Walk:
    """The density of z * sqrt(time), for studies that no analysis has stopped.

    It moves as Brownian motion does: between analyses by a normal step of the variance of the time
    that passed (Armitage, McPherson & Rowe 1969). places, masses: (160,) nodes of an integral.
    """

    def __init__(self, drift: float) -> None:
        self.drift, self.time = drift, 0.0
        self.places, self.masses = np.zeros(1), np.ones(1)

    def leaving(self, bound: float, time: float) -> float:
        """The probability to be beyond the bound at an analysis, and at no analysis before."""
        edge, (means, wide) = bound * math.sqrt(time), self._step(time)
        outside = _below((-edge - means) / wide) + _below((means - edge) / wide)
        return float(self.masses @ outside)

    def find_bound(self, share: float, time: float) -> float:
        """The bound that so many studies are beyond at an analysis, and were not before."""
        return _halve(lambda bound: self.leaving(bound, time) - share, 0.0, HIGHEST)

    def go_on(self, bound: float, time: float) -> None:
        """Go to that analysis, without what it stops."""
        edge, (means, wide) = bound * math.sqrt(time), self._step(time)
        places = edge * NODES
        steps = (places[:, None] - means) / wide
        density = np.exp(-(steps**2) / 2) / (wide * math.sqrt(2 * math.pi)) @ self.masses
        self.time, self.places, self.masses = time, places, density * edge * WEIGHTS

    def _step(self, time: float) -> tuple[Floats, float]:
        passed = time - self.time
        return self.places + self.drift * passed, math.sqrt(passed)


def student_to_normal(t: Floats, freedom: Floats) -> Floats:
    """The z that is as rare as a Student's t (Hill 1970, CACM algorithm 395)."""
    a = freedom - 0.5
    b = 48 * a**2
    z = np.sqrt(a * np.log1p(t**2 / freedom))
    inner = (((4 * z**2 + 33) * z**2 + 240) * z**2 + 855) * z
    z = z + ((z**2 + 3) * z - inner / (10 * (b + 0.8 * z**4 + 100))) / b
    signed: Floats = np.copysign(z, t)
    return signed


def normal_to_student(z: float, freedom: float) -> float:
    """The t that is as rare as a z."""
    degrees = np.array(freedom)
    return _halve(lambda t: float(student_to_normal(np.array(t), degrees)) - z, 0.0, 1e6)


def _below(z: Floats) -> Floats:
    """The share of a normal distribution below z."""
    shares: Floats = 0.5 * np.vectorize(math.erfc)(-z / math.sqrt(2))
    return shares


def _halve(value: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that keeps its direction changes its sign."""
    rising = value(high) > value(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if (value(middle) > 0) == rising else (middle, high)
    return (low + high) / 2
