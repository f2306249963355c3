"""Scores with their noise: what counts as better, by hand."""

from __future__ import annotations

import math

import pytest

from ganzoo.planning.trial_scores import CERTAIN, HalvedScore, TrialScores


def test_a_difference_counts_where_it_exceeds_what_halves_differ_by():
    one = HalvedScore(0.30, (0.2, 0.4))
    other = HalvedScore(0.50, (0.3, 0.7))
    # the differences of the halves are -0.1 and -0.3: they deviate by 0.1
    assert one.noise_beside(other) == pytest.approx(CERTAIN * 0.1)
    assert one.gain_over(other) == pytest.approx(0.2)
    assert one.is_better_than(other)
    assert not other.is_better_than(one)
    assert not HalvedScore(0.34, (0.2, 0.4)).is_better_than(other)  # 0.16 is less than 0.1645


def test_what_both_owe_to_the_samples_drops_out():
    one, other = HalvedScore(0.30, (0.1, 0.5)), HalvedScore(0.31, (0.11, 0.51))
    assert one.noise_beside(other) == pytest.approx(0)
    assert one.is_better_than(other)


def test_a_difference_that_does_not_matter_does_not_count():
    copy = HalvedScore(0.1371, (0.10, 0.17))
    assert not HalvedScore(0.1369, (0.0998, 0.1698)).is_better_than(copy)
    assert HalvedScore(0.1340, (0.0969, 0.1669)).is_better_than(copy)  # by more than 2 %
    assert not HalvedScore(0.0021).is_better_than(HalvedScore(0.0030))  # less than 0.001


def test_higher_may_be_better():
    assert HalvedScore(20, (19, 21), True).gain_over(HalvedScore(18, (17, 19), True)) == 2


def test_a_number_is_better_than_none():
    nothing = HalvedScore(math.nan, (math.nan,))
    assert HalvedScore(9.0, (9.0,)).is_better_than(nothing)
    assert not nothing.is_better_than(HalvedScore(9.0, (9.0,)))
    assert not nothing.is_better_than(nothing)


def test_scores_come_back_from_json():
    scores = TrialScores(HalvedScore(0.1, (0.2, math.nan)), HalvedScore(20.0, (), True))
    again = TrialScores.from_json(scores.to_json())
    assert again.faithfulness == scores.faithfulness
    assert again.to_json() == scores.to_json()


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"other": {}},
        {"realism": 1},
        {"realism": {"value": "a", "halves": [], "higher_is_better": False}},
        {"realism": {"value": 1, "halves": [[]], "higher_is_better": False}},
        {"realism": {"value": 1, "halves": [], "higher_is_better": 0}},
    ],
)
def test_anything_else_is_refused(stored):
    with pytest.raises(ValueError, match=r"this is no|these are no"):
        TrialScores.from_json(stored)
