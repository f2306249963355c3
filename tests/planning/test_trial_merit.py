"""Which of two systems is the better one, for each goal, by hand."""

from __future__ import annotations

import pytest

from ganzoo.planning.trial_merit import Merit
from ganzoo.planning.trial_scores import HalvedScore, TrialScores


def scores(kid, distance, truth=False):
    """Scores whose halves differ by +-0.01, so that only what is farther apart counts."""
    return TrialScores(_score(kid, False), _score(distance, truth))


def _score(value, higher):
    shifts = (0.01, -0.01) if round(value * 1000) % 2 else (-0.01, 0.01)
    return HalvedScore(value, tuple(value + shift for shift in shifts), higher)


def merit(goal, truth=False):
    return Merit(goal, truth, scores(0.050, 30.0 if truth else 0.0, truth))


# An odd third digit moves the halves the other way round: such a pair has a noise of
# 0.02 * 1.645 = 0.0329; two even ones, or two odd ones, have none.


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ((0.020, 0.30), (0.040, 0.10), True),  # realism first
        ((0.020, 0.30), (0.041, 0.10), False),  # 0.021 is within its noise: the other is closer
        ((0.041, 0.10), (0.020, 0.30), True),
        ((0.020, 0.30), (0.020, 0.30), False),
        ((0.020, 0.10), (0.020, 0.30), True),
    ],
)
def test_style_is_realism_and_within_its_noise_faithfulness(one, other, better):
    assert merit("style").beats(scores(*one), scores(*other)) is better


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ((0.040, 0.10), (0.020, 0.30), True),  # both look more real than copies
        ((0.060, 0.10), (0.020, 0.30), False),  # the first one does not
        ((0.020, 0.30), (0.060, 0.10), True),
        ((0.060, 0.30), (0.080, 0.10), True),  # none does: realism
        ((0.041, 0.10), (0.020, 0.30), False),  # 0.009 less than copies is within the noise
    ],
)
def test_content_is_faithfulness_of_what_looks_more_real_than_copies(one, other, better):
    assert merit("content").beats(scores(*one), scores(*other)) is better
    without_truth = Merit("restore", False, merit("content").copying)
    assert without_truth.beats(scores(*one), scores(*other)) is better


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ((0.080, 32.0), (0.020, 28.0), True),
        ((0.020, 28.0), (0.080, 32.0), False),
        ((0.020, 28.0), (0.080, 28.0), True),  # as near to the truth, and more real
    ],
)
def test_restoring_is_the_truth_first(one, other, better):
    assert merit("restore", True).beats(scores(*one, True), scores(*other, True)) is better


@pytest.mark.parametrize(
    ("goal", "truth", "own", "better"),
    [
        ("style", False, (0.040, 0.2), True),
        ("style", False, (0.060, 0.2), False),
        ("style", False, (0.041, 0.2), False),  # as real as copies by the noise, less faithful
        ("content", False, (0.040, 0.2), True),
        ("content", False, (0.050, 0.0), False),
        ("restore", True, (0.080, 31.0), True),
        ("restore", True, (0.020, 29.0), False),
    ],
)
def test_copying_is_beaten_by_what_the_goal_asks_for(goal, truth, own, better):
    assert merit(goal, truth).beats_copying(scores(*own, truth)) is better


def test_who_goes_on_is_decided_without_noise():
    content, style = merit("content"), merit("style")
    kept, lost = scores(0.049, 0.10), scores(0.051, 0.05)
    assert content.sort_key(kept) > content.sort_key(lost)
    assert content.sort_key(kept) > content.sort_key(scores(0.020, 0.20))
    assert style.sort_key(scores(0.020, 0.20)) > style.sort_key(kept)
    nothing = TrialScores(HalvedScore(float("nan")), None)
    assert style.sort_key(kept) > style.sort_key(nothing)


def test_a_score_that_one_lacks_decides_nothing():
    alone = TrialScores(_score(0.020, False), None)
    assert not merit("restore", True).beats(alone, scores(0.010, 20.0, True))
    assert merit("restore", True).beats(alone, scores(0.040, 20.0, True))
