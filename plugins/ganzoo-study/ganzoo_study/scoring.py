"""The score of a method: the share of generated images taken for real, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganzoo_study.records import Response

DRAWS = 10_000
INTERVAL = (2.5, 97.5)
TOGETHER = 1000  # draws held in memory at once
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """A method's score; shares in 0 ... 1.

    share: of generated images that were taken for real; 0.5 is what guessing gives.
    deviation, low, high: the bootstrap's standard deviation and 95 % interval.
    participants, trials: that were counted.
    """

    share: float
    deviation: float
    low: float
    high: float
    participants: int
    trials: int


def score(fooled: Sequence[Sequence[bool]], draws: int = DRAWS, seed: int = 0) -> Score:
    """Of one method: for each participant, whether each trial's generated image passed for real.

    The deviation is that of a bootstrap of two levels, as in Isola et al. 2017 (arXiv:1611.07004)
    and Zhu et al. 2017 (arXiv:1703.10593): participants are drawn with replacement, then trials
    within each.

    Raises:
        ValueError: there is no participant, or one without trials.
    """
    if not fooled or not all(map(len, fooled)):
        raise ValueError("a score needs participants, and each of them trials")
    trials = np.array([len(row) for row in fooled])
    passed = np.array([sum(row) for row in fooled])
    shares = bootstrap(trials, passed, draws, np.random.default_rng(seed))
    low, high = np.percentile(shares, INTERVAL)
    share = float(passed.sum() / trials.sum())
    return Score(
        share, float(shares.std()), float(low), float(high), len(fooled), int(trials.sum())
    )


def bootstrap(
    trials: Counts, passed: Counts, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Shares (draws,) of two-level draws; trials, passed: (participants,).

    Drawing n of n trials with replacement, k of which passed, is a binomial draw of n with
    probability k / n.
    """
    people, rates = len(trials), []
    for start in range(0, draws, TOGETHER):
        drawn = rng.integers(people, size=(min(TOGETHER, draws - start), people))
        some = rng.binomial(trials[drawn], (passed / trials)[drawn])
        rates.append(some.sum(1) / trials[drawn].sum(1))
    return np.concatenate(rates)


def by_participant(responses: Sequence[Response]) -> Mapping[str, list[list[bool]]]:
    """For each method, what `score` takes; practice is left out."""
    people: dict[tuple[str, int], list[bool]] = {}
    for response in responses:
        if not response.practice:
            key = response.method, response.participant
            people.setdefault(key, []).append(response.fooled)
    fooled_by_method: dict[str, list[list[bool]]] = {}
    for (method, _), fooled in people.items():
        fooled_by_method.setdefault(method, []).append(fooled)
    return fooled_by_method
