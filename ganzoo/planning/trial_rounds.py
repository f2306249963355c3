"""How long trials are: equal time for each candidate, less for those that lose early.

The plan itself is trained to the end, since whatever takes its place must beat it at the same
point. Of the others the worse half stops after a quarter of a trial, and of the rest the worse
half after one half (successive halving, Jamieson and Talwalkar 2016, arXiv:1502.07943).

A trial is the recipe with a shorter length, so that its learning rate falls within it as it will
in the whole training: GANs are noisy until the rate falls, and the ends of two trainings are what
resembles the ends of two long ones. Who is stopped at a quarter was compared at a quarter, where
the rates of all are equally high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ganzoo.components.rules.time_limits import round_down
from ganzoo.interfaces.rule import Wishes
from ganzoo.planning.drafting import PlanDraft

STOPS = (0.25, 0.5, 1.0)  # of a trial
SHARE = 0.2  # of the time that the user gives, what trials take
LONGEST = 3600.0  # seconds of all trials where the user gives no time
COARSE = 1.25  # measured times count in powers of it
FEWEST_STEPS, LEAST_SHARE = 100, 0.02  # of a trial, and of the training; fewer show little


def leave_for_training(wishes: Wishes) -> Wishes:
    """The user's wishes for the training itself, where trials come before it."""
    if wishes.budget is None:
        return wishes
    return replace(wishes, budget=wishes.budget * (1 - SHARE))


def trial_seconds(draft: PlanDraft) -> float:
    """The time of all trials together, as a share of the training's that comes after them.

    That is the time that the user leaves for it (see `leave_for_training`); without, what the
    planned training is expected to take, of which trials take an hour at most.
    """
    if draft.wishes.budget is not None:
        return SHARE / (1 - SHARE) * draft.wishes.budget
    whole = draft.steps * draft.cost().seconds
    return min(LONGEST, SHARE / (1 - SHARE) * whole)


def count_survivors(others: int) -> list[int]:
    """How many candidates beside the plan are trained to each of STOPS."""
    counts = [others]
    while len(counts) < len(STOPS):
        counts.append(math.ceil(counts[-1] / 2))
    return counts


def count_whole_trials(others: int) -> float:
    """What trials of the plan and so many others take, in whole trials."""
    lengths = [stop - before for before, stop in zip((0.0, *STOPS), STOPS, strict=False)]
    survivors = count_survivors(others)
    return 1 + sum(length * count for length, count in zip(lengths, survivors, strict=True))


def plan_lengths(seconds: float, step_seconds: Sequence[float], most: Sequence[int]) -> list[int]:
    """The steps of each trial: as many as fit the same time.

    seconds: of all trials together. step_seconds: of a step of the plan and of each other one.
    most: the steps of each one's whole training.
    """
    each = seconds / count_whole_trials(len(step_seconds) - 1)
    return [
        max(len(STOPS) + 1, min(whole, round_down(each / step)))
        for step, whole in zip(step_seconds, most, strict=True)
    ]


def is_short(steps: int, whole: int) -> bool:
    """Whether a trial of so many steps says little of the whole training.

    Then it shows who is the first to learn colours, not where the training leads.
    """
    return steps < min(whole, max(FEWEST_STEPS, LEAST_SHARE * whole))


def find_stops(steps: int) -> list[int]:
    """The steps after which a trial of that length is looked at."""
    return [max(1, round(stop * steps)) for stop in STOPS]


def settle_step_seconds(estimated: Sequence[float], measured: Sequence[float]) -> list[float]:
    """What a step of each recipe is taken to last: as estimated, unless that is clearly wrong.

    No two measurements are alike, and the same plan should be tried alike: they count where they
    differ from the estimates by more than a quarter, rounded to powers of it. What the machine does
    to the first recipe it is expected to do to the others.
    """
    if not measured:
        return []
    factor = _coarse(measured[0] / estimated[0]) if estimated[0] > 0 else 1.0
    expected = [factor * each for each in estimated]
    pairs = zip(expected, measured, strict=True)
    return [each * _coarse(time / each) if each > 0 else time for each, time in pairs]


def _coarse(ratio: float) -> float:
    """1 for ratios near it, else a power of COARSE."""
    if ratio <= 0 or 1 / COARSE <= ratio <= COARSE:
        return 1.0
    return float(COARSE ** round(math.log(ratio, COARSE)))
