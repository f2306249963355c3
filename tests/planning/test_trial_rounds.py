"""How long trials are, by hand."""

from __future__ import annotations

import pytest

from ganzoo.interfaces import DomainFacts, Fingerprint, StepCost, Wishes
from ganzoo.planning.drafting import PlanDraft
from ganzoo.planning.trial_rounds import (
    count_survivors,
    count_whole_trials,
    find_stops,
    is_short,
    leave_for_training,
    plan_lengths,
    settle_step_seconds,
    trial_seconds,
)


def draft(length, budget=None, **train):
    facts = Fingerprint("domains", {}, DomainFacts("x", 10), DomainFacts("y", 30))
    recipe = {"train": {"length": length, **train}}
    return PlanDraft(facts, Wishes(budget=budget), lambda recipe: StepCost(0, 0.5), recipe)


def test_the_worse_half_beside_the_plan_stops_twice():
    assert count_survivors(2) == [2, 1, 1]
    assert count_survivors(5) == [5, 3, 2]
    assert count_survivors(0) == [0, 0, 0]


def test_the_time_of_all_in_whole_trials():
    assert count_whole_trials(0) == 1
    assert count_whole_trials(1) == 2
    assert count_whole_trials(2) == 1 + 2 / 4 + 1 / 4 + 1 / 2
    assert count_whole_trials(5) == 1 + 5 / 4 + 3 / 4 + 2 / 2


def test_equal_time_means_fewer_steps_of_what_is_slow():
    # 2.25 whole trials in 225 s: 100 s each
    assert plan_lengths(225, [0.5, 1.0, 0.25], [10_000] * 3) == [200, 100, 400]
    assert plan_lengths(225, [0.5, 0.7], [10_000] * 2) == [220, 160]  # two digits
    assert plan_lengths(225, [0.5], [300]) == [300]  # no longer than the whole training
    assert plan_lengths(1, [0.5], [300]) == [4]


def test_short_trials():
    assert is_short(99, 3000)
    assert not is_short(100, 3000)
    assert is_short(199, 10_000)
    assert not is_short(200, 10_000)
    assert not is_short(60, 60)


def test_three_stops():
    assert find_stops(400) == [100, 200, 400]
    assert find_stops(4) == [1, 2, 4]


def test_a_fifth_of_the_users_time_is_for_trials():
    left = leave_for_training(Wishes(budget=1000, memory=5))
    assert left == Wishes(budget=800, memory=5)
    assert trial_seconds(draft("1 epoch", left.budget)) == pytest.approx(200)
    assert leave_for_training(Wishes()) == Wishes()


def test_without_a_time_it_is_as_much_of_the_expected_one_up_to_an_hour():
    assert trial_seconds(draft("800 steps")) == pytest.approx(100)  # of 400 s that follow
    assert trial_seconds(draft("1000000 steps")) == 3600


def test_estimated_times_stand_unless_they_are_clearly_wrong():
    assert settle_step_seconds([0.1, 0.2], [0.12, 0.17]) == [0.1, 0.2]
    assert settle_step_seconds([0.1, 0.2], [0.19, 0.41]) == pytest.approx(
        [0.1 * 1.25**3, 0.2 * 1.25**3]
    )  # the machine is slower: by 1.9, 1.25^3 = 1.95
    assert settle_step_seconds([0.1, 0.2], [0.1, 0.4]) == pytest.approx([0.1, 0.2 * 1.25**3])
    assert settle_step_seconds([0.0, 0.2], [0.3, 0.2]) == [0.3, 0.2]
    assert settle_step_seconds([], []) == []
