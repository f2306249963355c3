"""Participants of known skill, for planning a study and for trying one out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ganzoo.errors import GanzooError
from numpy.typing import NDArray

GUESSING = 0.5
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """How simulated participants answer; all are shares in 0 ... 1.

    fooled: how often generated images pass for real, on average over participants.
    spread: the standard deviation of that between participants, who follow a beta distribution.
    fatigue: the share of guesses in the last trial; it grows evenly from none in the first.
    clickers: the share of participants who answer without looking.

    Raises:
        GanzooError: no distribution between 0 and 1 has that spread around that mean.
    """

    fooled: float
    spread: float = 0.0
    fatigue: float = 0.0
    clickers: float = 0.0

    def __post_init__(self) -> None:
        most = (self.fooled * (1 - self.fooled)) ** 0.5
        if self.spread and self.spread >= most:
            raise GanzooError(
                f"participants who are fooled {100 * self.fooled:g} % of the time cannot differ by "
                f"a spread of {100 * self.spread:g}; it must be under {100 * most:.3g}"
            )

    def draw_rates(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Shares:
        """How often each participant is fooled when awake and looking."""
        rates = np.full(shape, self.fooled)
        if self.spread:
            size = self.fooled * (1 - self.fooled) / self.spread**2 - 1
            rates = rng.beta(self.fooled * size, (1 - self.fooled) * size, shape)
        return np.where(rng.random(shape) < self.clickers, GUESSING, rates)

    def tire(self, rates: Shares, trial: int, trials: int) -> Shares:
        """How often participants of those rates are fooled in a trial, counted from 0."""
        tired = self.fatigue * trial / max(1, trials - 1)
        return rates + (GUESSING - rates) * tired

    def expected(self, trials: int) -> float:
        """The score that a study of so many trials would have of endlessly many of them."""
        looking = self.fooled * (1 - self.clickers) + GUESSING * self.clickers
        tired = self.fatigue / 2 if trials > 1 else 0.0
        return looking + (GUESSING - looking) * tired

    def deviation(self, trials: int) -> float:
        """The standard deviation of one participant's score; of the awake and looking ones."""
        within = (self.fooled * (1 - self.fooled) - self.spread**2) / trials
        return float((self.spread**2 + within) ** 0.5)


@dataclass(frozen=True)
class Habits:
    """What simulated participants do beside answering; all are shares in 0 ... 1.

    dropouts: of participants who leave in a trial, any of them alike.
    reloads: of trials in which the page is reloaded after the pair was shown.
    lost: of answers whose reply is lost, so that they are sent again.
    """

    dropouts: float = 0.0
    reloads: float = 0.0
    lost: float = 0.0
