"""How many participants a difference between two methods needs, with analyses on the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ganzoo.errors import GanzooError

from ganzoo_study.difference import decide
from ganzoo_study.skills import Shares, Skill
from ganzoo_study.stopping_bounds import NORMAL, find_bounds, find_drift, stopping
from ganzoo_study.study_file import MOST_PEOPLE

FEWEST = 5  # participants of a method at the first analysis
STUDIES = 4000  # that are simulated to check a plan
ANSWERS = 20_000_000  # participants in all of them, at most
GROWTH = 1.03  # of a plan that simulated studies find too small
TOGETHER = 2_000_000


@dataclass(frozen=True)
class Assumed:
    """What a plan rests on.

    rates: how often each of the two methods passes for real.
    spread: the standard deviation of that between participants.
    trials: scored ones of a participant.
    alpha, power: the error of both sides and all analyses, and how surely it is detected.
    analyses: how many there are.
    """

    rates: tuple[float, float]
    spread: float
    trials: int
    alpha: float = 0.05
    power: float = 0.8
    analyses: int = 5

    @property
    def skills(self) -> tuple[Skill, Skill]:
        """Participants of each method."""
        first, second = self.rates
        return Skill(first, self.spread), Skill(second, self.spread)


@dataclass(frozen=True)
class SampleSizePlan:
    """How many participants, and what comes of it.

    analyses: participants of each method at each; bounds: the |z| that decides there.
    stops: the probability to be decided at each analysis, if the difference is as assumed.
    fixed: participants of a method for one analysis alone, at the end.
    detected, alarms: the share of simulated studies that detect the difference, and that detect
        one where there is none; studies: how many were simulated.
    """

    analyses: tuple[int, ...]
    bounds: tuple[float, ...]
    stops: tuple[float, ...]
    fixed: int
    detected: float
    alarms: float
    studies: int

    @property
    def average(self) -> float:
        """Participants of a method on average, if the difference is as assumed."""
        stays = 1 - sum(self.stops)
        some = sum(n * share for n, share in zip(self.analyses, self.stops, strict=True))
        return some + self.analyses[-1] * stays


def plan_difference(assumed: Assumed, seed: int = 0) -> SampleSizePlan:
    """The fewest participants by the normal approximation, then as many as simulations need.

    Raises:
        GanzooError: the rates are equal, or the spread is impossible, or it takes too many.
    """
    if assumed.rates[0] == assumed.rates[1]:
        raise GanzooError("a difference needs two different rates")
    most = _people(assumed, _evenly_timed_drift(assumed))
    while True:
        if most > MOST_PEOPLE:
            raise GanzooError(
                f"this takes more than {MOST_PEOPLE:,} participants a method; nobody will see a "
                "difference so small"
            )
        analyses = _analyses(most, assumed.analyses)
        detected, alarms, studies = _check(assumed, analyses, seed)
        if detected >= assumed.power:
            break
        most = math.ceil(most * GROWTH)
    times = [people / analyses[-1] for people in analyses]
    bounds = find_bounds(assumed.alpha, times)
    stops = stopping(bounds, times, _expected_z(assumed, analyses[-1]))
    one = find_drift(find_bounds(assumed.alpha, [1.0]), [1.0], assumed.power)
    return SampleSizePlan(
        analyses, tuple(bounds), tuple(stops), _people(assumed, one), detected, alarms, studies
    )


def _evenly_timed_drift(assumed: Assumed) -> float:
    times = [(analysis + 1) / assumed.analyses for analysis in range(assumed.analyses)]
    return find_drift(find_bounds(assumed.alpha, times), times, assumed.power)


def _expected_z(assumed: Assumed, people: int) -> float:
    """Of the assumed difference, with so many participants of a method."""
    first, second = assumed.rates
    variance = sum(skill.deviation(assumed.trials) ** 2 for skill in assumed.skills)
    return abs(first - second) / math.sqrt(variance / people)


def _people(assumed: Assumed, drift: float) -> int:
    """Of a method, so that the expected z of the difference is `drift`."""
    first, second = assumed.rates
    variance = sum(skill.deviation(assumed.trials) ** 2 for skill in assumed.skills)
    for_t = NORMAL.inv_cdf(1 - assumed.alpha / 2) ** 2 / 4  # Guenther 1981: variances are estimated
    return max(FEWEST, math.ceil(drift**2 * variance / (first - second) ** 2 + for_t))


def _analyses(most: int, count: int) -> tuple[int, ...]:
    """Evenly, none before FEWEST."""
    evenly = (max(FEWEST, math.ceil(most * (analysis + 1) / count)) for analysis in range(count))
    return tuple(dict.fromkeys(evenly))


def _check(assumed: Assumed, analyses: tuple[int, ...], seed: int) -> tuple[float, float, int]:
    """The share of simulated studies that find the difference, and one that is not there."""
    rng = np.random.default_rng(seed)
    studies = max(200, min(STUDIES, ANSWERS // analyses[-1]))
    middle = Skill(sum(assumed.rates) / 2, assumed.spread)
    detected = decided_share(assumed.skills, assumed.trials, analyses, assumed.alpha, studies, rng)
    alarms = decided_share((middle, middle), assumed.trials, analyses, assumed.alpha, studies, rng)
    return detected, alarms, studies


def decided_share(
    skills: tuple[Skill, Skill],
    trials: int,
    analyses: tuple[int, ...],
    alpha: float,
    studies: int,
    rng: np.random.Generator,
) -> float:
    """The share of simulated studies in which an analysis decides that two methods differ."""
    decided = 0
    for some in _blocks(studies, analyses[-1]):
        shares = [_draw(skill, trials, (some, analyses[-1]), rng) for skill in skills]
        decided += int((decide(shares[0], shares[1], trials, analyses, alpha) >= 0).sum())
    return decided / studies


def _draw(skill: Skill, trials: int, shape: tuple[int, int], rng: np.random.Generator) -> Shares:
    return rng.binomial(trials, skill.draw_rates(rng, shape)) / trials


def _blocks(studies: int, people: int) -> Iterator[int]:
    size = max(1, TOGETHER // people)
    for start in range(0, studies, size):
        yield min(size, studies - start)
