"""Whether the planned difference is decided. Looking often changes nothing.

Analyses are made at fixed numbers of participants, of those who finished first. So what an analysis
says is the same whenever, and however often, somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganzoo_study.records import Response
from ganzoo_study.skills import Shares
from ganzoo_study.stopping_bounds import find_bounds, normal_to_student, student_to_normal
from ganzoo_study.study_file import PlannedDifference


@dataclass(frozen=True)
class Welch:
    """Welch's comparison of two means (..., ) of participants' scores.

    error: the difference's standard error; freedom: its degrees of freedom.
    """

    difference: Shares
    error: Shares
    freedom: Shares

    @property
    def z(self) -> Shares:
        """The difference in standard errors, as rare as it is with so few participants."""
        return student_to_normal(self.difference / self.error, self.freedom)


@dataclass(frozen=True)
class Analysis:
    """What an analysis says.

    number: from 1; people: participants of a method. difference, low, high: with an interval that
    holds the truth at all analyses together, with a probability of 1 - alpha.
    """

    number: int
    people: int
    difference: float
    low: float
    high: float
    z: float
    bound: float

    @property
    def decided(self) -> bool:
        """Whether the difference is decided here."""
        return abs(self.z) >= self.bound


def compare_shares(first: Shares, second: Shares, trials: int) -> Welch:
    """Participants' scores (..., people) of two methods.

    A variance is at least what chance gives to `trials` answers: a few participants who are never
    fooled do not make a method certain.
    """
    people = first.shape[-1]
    means = [shares.mean(-1) for shares in (first, second)]
    variances = []
    for shares, mean in zip((first, second), means, strict=True):
        count = people * trials
        smooth = (mean * count + 1) / (count + 2)
        variances.append(np.maximum(shares.var(-1, ddof=1), smooth * (1 - smooth) / trials))
    one, two = (variance / people for variance in variances)
    freedom = (one + two) ** 2 * (people - 1) / (one**2 + two**2)
    return Welch(means[0] - means[1], np.sqrt(one + two), freedom)


def decide(
    first: Shares, second: Shares, trials: int, analyses: Sequence[int], alpha: float
) -> NDArray[np.int64]:
    """Which analysis decides each study, from 0; -1 where none does.

    first, second: the scores (studies, people) of the two methods.
    """
    bounds = find_bounds(alpha, [people / analyses[-1] for people in analyses])
    decided = np.full(first.shape[0], -1)
    for number, (people, bound) in enumerate(zip(analyses, bounds, strict=True)):
        z = compare_shares(first[:, :people], second[:, :people], trials).z
        decided[(decided < 0) & (np.abs(z) >= bound)] = number
    return decided


def analyse(
    plan: PlannedDifference, shares: Mapping[str, Sequence[float]], trials: int
) -> list[Analysis]:
    """The analyses that have come, up to the one that decides.

    shares: the scores of each method's participants, in the order in which they finished.
    """
    first, second = (np.array(shares.get(name, ()), dtype=float) for name in plan.between)
    bounds = find_bounds(plan.alpha, [people / plan.analyses[-1] for people in plan.analyses])
    analyses: list[Analysis] = []
    for number, (people, bound) in enumerate(zip(plan.analyses, bounds, strict=True), 1):
        if min(len(first), len(second)) < people or (analyses and analyses[-1].decided):
            break
        welch = compare_shares(first[:people], second[:people], trials)
        reach = normal_to_student(bound, float(welch.freedom)) * float(welch.error)
        middle = float(welch.difference)
        ends = max(-1.0, middle - reach), min(1.0, middle + reach)
        analyses.append(Analysis(number, people, middle, *ends, float(welch.z), bound))
    return analyses


def shares_in_order(
    responses: Sequence[Response], finished: Mapping[int, str]
) -> dict[str, list[float]]:
    """For each method, the scores of those who finished, in that order.

    finished: by participant, when.
    """
    fooled: dict[tuple[str, int], list[bool]] = {}
    for response in responses:
        if not response.practice and response.participant in finished:
            fooled.setdefault((response.method, response.participant), []).append(response.fooled)
    shares: dict[str, list[float]] = {}
    for method, person in sorted(fooled, key=lambda key: (finished[key[1]], key[1])):
        answers = fooled[method, person]
        shares.setdefault(method, []).append(sum(answers) / len(answers))
    return shares
