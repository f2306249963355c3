"""Rules applied in order: later decisions win, and each value knows the rule it is from."""

from __future__ import annotations

import pytest

from ganzoo.errors import GanzooError
from ganzoo.interfaces import (
    Caution,
    Decision,
    DomainFacts,
    Fingerprint,
    PlanCandidate,
    Rule,
    StepCost,
    Wishes,
)
from ganzoo.planning.drafting import NamedRule, draft_plan, find_candidates, installed_rules

FACTS = Fingerprint("domains", {}, DomainFacts("x", 10), DomainFacts("y", 20))


class Narrow(Rule):
    """Narrow networks."""

    def decide(self, draft):
        yield Decision("networks.G.width", 8, "there are few images")
        yield Caution("few", "warning", f"there are {draft.facts.x.images} images")

    def candidates(self, draft):
        wider = Decision(
            "networks.G.width", 2 * draft.value("networks.G.width"), "it may learn more"
        )
        yield PlanCandidate("wider", (wider,), "it may learn more", rank=1)


class Cheap(Rule):
    """As wide as a step may cost."""

    def decide(self, draft):
        for width in (16, 12):
            if draft.cost({"networks.G.width": width}).seconds < 1.5:
                yield Decision("networks.G.width", width, "a step takes less than 1.5 s")
                return


class Failing(Rule):
    """A rule with a mistake."""

    def decide(self, draft):
        raise KeyError("width")


def estimate(recipe):
    return StepCost(0, recipe["networks"]["G"]["width"] / 10)


def drafted(*rules):
    named = [NamedRule(type(rule).__name__.lower(), rule) for rule in rules]
    return draft_plan(FACTS, Wishes(), named, estimate), named


def test_a_later_rule_takes_the_place_of_an_earlier_one():
    draft, _ = drafted(Narrow(), Cheap())
    assert draft.recipe == {"networks": {"G": {"width": 12}}}
    assert draft.decided["networks.G.width"].rule == "cheap"
    assert [(rule, each.kind) for rule, each in draft.cautions] == [("narrow", "few")]


def test_a_cost_leaves_the_draft_as_it_is():
    draft, _ = drafted(Narrow())
    assert draft.cost({"networks.G.width": 40}).seconds == 4
    assert draft.value("networks.G.width") == 8


@pytest.mark.parametrize(
    ("train", "steps"),
    [
        ({}, 0),
        ({"length": "70 steps", "batch_size": 5}, 70),
        ({"length": "3 epochs"}, 60),  # y has 20 images, x 10
        ({"length": "3 epochs", "batch_size": 2, "accumulate": 3}, 10),
        ({"length": "1e3 images", "batch_size": 5}, 200),
    ],
)
def test_the_steps_are_those_of_the_length_in_any_unit(train, steps):
    draft, _ = drafted()
    for key, value in train.items():
        draft.take("some", Decision(f"train.{key}", value, "some"))
    assert draft.steps == steps


def test_none_takes_a_value_and_all_below_it_away():
    draft, _ = drafted(Narrow())
    draft.take("other", Decision("networks.G", None, "there is no G"))
    assert draft.recipe == {}
    assert draft.decided == {}


def test_a_candidate_differs_in_its_decisions_only():
    draft, named = drafted(Narrow())
    (candidate,) = find_candidates(draft, named)
    other = draft.with_candidate(candidate)
    assert other.value("networks.G.width") == 16
    assert draft.value("networks.G.width") == 8


def test_a_rule_with_a_mistake_is_named():
    with pytest.raises(GanzooError, match="rule 'failing' failed: KeyError"):
        drafted(Failing())


def test_stages_come_in_their_order_and_the_core_first():
    order = ["goal", "data", "objective", "networks", "training", "measuring", "cautions"]
    rules = installed_rules()
    places = [(order.index(each.rule.stage), "." in each.name) for each in rules]
    assert places == sorted(places)
