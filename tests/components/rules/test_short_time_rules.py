"""What rules make of a time that is too short for what the images need."""

from __future__ import annotations

import pytest

from ganzoo.components.rules.short_time_rules import TooShortToChange, TooShortToDraw
from ganzoo.components.rules.unpaired_rules import weigh_terms
from ganzoo.interfaces import Wishes
from ganzoo.testing import make_fingerprint, try_rule

NEAR = {"colour_distance": 0.09, "structure_distance": 0.09, "separation": 0.89}
FAR = {"colour_distance": 0.4, "structure_distance": 0.2, "separation": 1.0}
LABELS = {"label_map": True}


@pytest.mark.parametrize(("steps", "weight"), [(1499, 30), (1500, 3)])
def test_near_domains_stay_a_copy_in_short_trainings(steps, weight):
    terms = weigh_terms(3, 1)
    recipe = {"networks": {"G": {"skip": "input"}}, "losses": terms}
    before = {**recipe, "train": {"length": f"{steps} steps"}}
    draft = try_rule(TooShortToChange, make_fingerprint(gap=NEAR), recipe=before)
    assert draft.value("losses.cycle_X.weight") == weight
    assert draft.value("losses.identity_Y.weight") == (15 if weight == 30 else 1)


def test_others_keep_their_weights_however_short():
    before = {"losses": weigh_terms(10, 0), "train": {"length": "10 steps"}}
    assert try_rule(TooShortToChange, make_fingerprint(), recipe=before).recipe == before


def drawn(kid=(0.03, 0.059), steps=1919, wishes=None, gap=None, networks=None, **fields):
    """A draft of 32 px, where 60 x 32 = 1,920 steps are enough, after the rule."""
    resnets = {name: {"type": "resnet"} for name in "GF"}
    recipe = {
        "data": {"size": 32},
        "networks": resnets | {"D_X": {"type": "patchgan"}} | (networks or {}),
        "losses": weigh_terms(30, 15),
        "train": {"length": f"{steps} steps"},
    }
    facts = make_fingerprint(gap={**FAR, "copy_kid": kid, **(gap or {})}, **fields)
    return try_rule(TooShortToDraw, facts, wishes or Wishes(goal="style"), recipe=recipe)


def describe(draft):
    """The starts of the networks, and the weights of the terms."""
    weights = {name: term["weight"] for name, term in draft.value("losses").items()}
    starts = {name: table.get("skip") for name, table in draft.value("networks").items()}
    return starts, weights


def test_where_copies_are_as_real_as_short_trainings_these_start_as_a_copy():
    starts, weights = describe(drawn())
    assert starts == {"G": "input", "F": "input", "D_X": None}
    assert weights == {"cycle_X": 3, "cycle_Y": 3, "identity_X": 1, "identity_Y": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": (0.03, 0.06)},
        {"kid": None},
        {"steps": 1920},
        {"wishes": Wishes(goal="content")},
        {"gap": NEAR},
        {"x": {"kind": "gray"}},
        {"y": LABELS},
        {"layout": "pairs"},
        {"networks": {"G": {"type": "unet"}, "F": {"type": "unet"}}},
    ],
    ids=str,
)
def test_others_draw_from_the_first_step(changes):
    starts, weights = describe(drawn(**changes))
    assert {*starts.values()} == {None}
    assert weights["cycle_X"] == 30


def test_drawing_from_the_first_step_is_then_a_candidate():
    draft = drawn()
    (candidate,) = TooShortToDraw().candidates(draft)
    starts, weights = describe(draft.with_candidate(candidate))
    assert {*starts.values()} == {None}
    assert weights == {"cycle_X": 30, "cycle_Y": 30, "identity_X": 15, "identity_Y": 15}
    assert [*TooShortToDraw().candidates(drawn(steps=1920))] == []
