"""Terms of the objective by how the domains stand to one another."""

from __future__ import annotations

import pytest

from ganzoo.components.rules.goal_rules import ChosenGoal
from ganzoo.components.rules.network_rules import ColoursAlone, StartAsCopy
from ganzoo.components.rules.pair_rules import Pairs
from ganzoo.components.rules.unpaired_rules import (
    Cycle,
    Identity,
    Unpaired,
    weigh_terms,
)
from ganzoo.interfaces import Wishes
from ganzoo.testing import make_fingerprint, try_rule

NEAR = {"colour_distance": 0.09, "structure_distance": 0.09, "separation": 0.89}
LABELS = {"label_map": True}
RESNETS = {"networks": {"G": {"type": "resnet"}, "F": {"type": "resnet"}}}


def weight(gap=None, wishes=None, **fields):
    draft = try_rule(Cycle, make_fingerprint(gap=gap, **fields), wishes)
    one, other = (draft.value(f"losses.cycle_{name}.weight") for name in "XY")
    assert one == other
    return one


@pytest.mark.parametrize(
    ("changes", "near"),
    [
        ({}, True),
        ({"separation": 0.9}, False),
        ({"colour_distance": 0.1}, False),
        ({"structure_distance": 0.1}, False),
    ],
)
def test_near_domains(changes, near):
    """Colour, structure and separation must all be small."""
    gap = {**NEAR, **changes}
    assert (weight(gap) == 3) == near
    draft = try_rule(StartAsCopy, make_fingerprint(gap=gap), recipe=RESNETS)
    assert draft.value("networks.G.skip") == ("input" if near else None)
    assert draft.value("networks.F.skip") == draft.value("networks.G.skip")


def test_near_domains_of_other_channels_are_not_near():
    facts = make_fingerprint(x={"kind": "gray"}, gap=NEAR)
    assert try_rule(StartAsCopy, facts, recipe=RESNETS).recipe == RESNETS
    assert try_rule(Identity, facts).recipe == {}


@pytest.mark.parametrize(
    ("wishes", "fields", "expected"),
    [
        (Wishes(), {}, 10),
        (Wishes(budget=3600), {}, 10),
        (Wishes(budget=3599), {}, 30),
        (Wishes(goal="content"), {}, 30),
        (Wishes(goal="style"), {"y": LABELS}, 30),
        (Wishes(goal="style"), {"gap": NEAR}, 3),
    ],
)
def test_the_weight_of_the_cycle(wishes, fields, expected):
    assert weight(wishes=wishes, **fields) == expected


@pytest.mark.parametrize(("x", "expected"), [({}, 5), (LABELS, 5), ({"kind": "gray"}, None)])
def test_identity_where_channels_are_the_same(x, expected):
    before = {"losses": {"cycle_X": {"weight": 10}}}
    draft = try_rule(Identity, make_fingerprint(x=x), recipe=before)
    assert draft.value("losses.identity_X.weight") == expected
    assert draft.value("losses.identity_Y.weight") == expected


def test_no_identity_is_a_candidate():
    before = {"losses": weigh_terms(10, 5)}
    (candidate,) = Identity().candidates(try_rule(Unpaired, make_fingerprint(), recipe=before))
    assert {d.path: d.value for d in candidate.decisions} == {
        "losses.identity_X": None,
        "losses.identity_Y": None,
    }


def test_identity_of_near_domains_is_light():
    draft = try_rule(Identity, make_fingerprint(gap=NEAR))
    assert draft.value("losses.identity_X.weight") == 1


def test_pairs_have_an_objective_of_their_own():
    pairs = make_fingerprint(layout="pairs", gap=NEAR)
    for rule in (Unpaired, Cycle, Identity):
        assert try_rule(rule, pairs).recipe == {}
        assert [*rule().candidates(try_rule(rule, pairs))] == []
    draft = try_rule(Pairs, pairs, Wishes(goal="restore"))
    assert draft.value("losses.reconstruction.weight") == 100
    assert [each.name for each in Pairs().candidates(draft)] == ["nearer the truth"]
    assert try_rule(Pairs, make_fingerprint()).recipe == {}


@pytest.mark.parametrize(("now", "then"), [(10, 30), (30, 10), (3, 1)])
def test_a_candidate_changes_cycle_and_identity_together(now, then):
    terms = {"cycle_X": now, "cycle_Y": now, "identity_X": now / 2, "adversarial_X": 1}
    recipe = {"losses": {name: {"weight": value} for name, value in terms.items()}}
    draft = try_rule(Unpaired, make_fingerprint(), recipe=recipe)
    (candidate,) = Cycle().candidates(draft)
    values = {each.path: each.value for each in candidate.decisions}
    assert values == {
        "losses.cycle_X.weight": then,
        "losses.cycle_Y.weight": then,
        "losses.identity_X.weight": pytest.approx(then / 2),
    }


@pytest.mark.parametrize(("colour", "count"), [(0.09, 1), (0.1, 0)])
def test_a_copy_at_first_is_a_candidate_where_colours_stay(colour, count):
    facts = make_fingerprint(gap={"colour_distance": colour})
    draft = try_rule(Cycle, facts, recipe=RESNETS)
    assert len([*StartAsCopy().candidates(draft)]) == count


@pytest.mark.parametrize(("structure", "count"), [(0.09, 1), (0.1, 0)])
def test_colours_alone_are_a_candidate_where_structure_stays(structure, count):
    gap = {"colour_distance": 0.5, "structure_distance": structure}
    draft = try_rule(Cycle, make_fingerprint(gap=gap), recipe=RESNETS)
    candidates = [*ColoursAlone().candidates(draft)]
    assert len(candidates) == count
    for candidate in candidates:
        other = draft.with_candidate(candidate)
        assert other.value("networks.F") == {"type": "recolour"}
        assert other.value("losses.cycle_X.weight") == 3


@pytest.mark.parametrize(
    ("fields", "goal"),
    [
        ({}, "style"),
        ({"gap": NEAR}, "content"),
        ({"x": LABELS}, "content"),
        ({"layout": "pairs"}, "restore"),
        ({"layout": "halves", "y": LABELS}, "restore"),
    ],
)
def test_the_goal_where_the_user_has_none(fields, goal):
    facts = make_fingerprint(**fields)
    assert try_rule(ChosenGoal, facts).goal == goal
    own = try_rule(ChosenGoal, facts, Wishes(goal="style"))
    assert own.goal == "style"
    assert own.aim is None
