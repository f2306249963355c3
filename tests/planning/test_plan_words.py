"""A plan in words."""

from __future__ import annotations

import pytest

from ganzoo.interfaces import Decision, DomainFacts, Fingerprint, PlanCandidate, StepCost, Wishes
from ganzoo.planning.drafting import PlanDraft
from ganzoo.planning.plan_request import PlanRequest
from ganzoo.planning.plan_words import (
    describe_candidates,
    describe_images,
    describe_wishes,
    group_by_reason,
    summarize,
)
from ganzoo.planning.recipe_plan import RecipePlan

FACTS = Fingerprint("domains", {}, DomainFacts("a/x", 10), DomainFacts("y", 20))


def planned(*decisions, candidates=()):
    draft = PlanDraft(FACTS, Wishes(), lambda recipe: StepCost(3 * 2**29, 0.5))
    for decision in decisions:
        draft.take("rule", decision)
    return RecipePlan(PlanRequest((), "own"), draft, tuple(candidates))


def test_candidates_name_what_they_change_and_copying_is_one():
    changes = [
        Decision("losses.cycle.weight", 3, ""),
        Decision("losses.identity", {"type": "l1"}, ""),
        Decision("metrics.kid", None, ""),
        *(Decision(f"networks.N{n}.width", n, "") for n in range(3)),
    ]
    plan = planned(candidates=[PlanCandidate("other", tuple(changes), "it may win")])
    assert describe_candidates(plan) == [
        (
            "other",
            "it may win (losses.cycle.weight = 3, losses.identity, no metrics.kid, "
            "networks.N0.width = 0, 2 more)",
        ),
        ("copying the input", "too few images to say how far the domains are apart"),
    ]


def test_settings_of_one_reason_stand_together():
    plan = planned(
        Decision("networks.G.width", 8, "few images", "raise it"),
        Decision("train.seed", 0, "any"),
        Decision("networks.F.width", 8, "few images", "raise it"),
    )
    assert group_by_reason([*plan.decided.items()]) == [
        ("few images; raise it", [("networks.G.width", "8"), ("networks.F.width", "8")]),
        ("any", [("train.seed", "0")]),
    ]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (DomainFacts("x", 1), "1 image; all 256 x 256 px; rgb, 8 bits"),
        (
            DomainFacts("x", 1200, 30, unreadable=2, smallest=(64, 32), largest=(99, 50), bits=12),
            "1,200 images, 30 held out, 2 unreadable; 32 x 64 ... 50 x 99 px; rgb, 12 bits",
        ),
        (
            DomainFacts("x", 5, kind="bands", channels=7, label_map=True),
            "5 images; all 256 x 256 px; label maps, 7 bands, 8 bits",
        ),
    ],
)
def test_images_of_a_domain(facts, text):
    assert describe_images(facts) == text


def test_wishes():
    assert describe_wishes(Wishes(5400, 2**31)) == "1 h 30 min at most, 2.0 GiB at most"
    assert describe_wishes(Wishes()) == ""


def test_a_recipe_in_a_few_lines():
    plan = planned(
        Decision("networks.G", {"type": "resnet", "width": 8}, ""),
        Decision("networks.F", {"type": "resnet", "width": 8}, ""),
        Decision("networks.D", {"type": "patchgan"}, ""),
        Decision("losses.cycle", {"type": "l1", "weight": 10}, ""),
        Decision("data.size", 64, ""),
        Decision("train.length", "2 epochs", ""),
        Decision("train.batch_size", 4, ""),
    )
    lines = dict(summarize(plan))
    assert lines["networks"] == "G, F: resnet width 8; D: patchgan"
    assert lines["losses"] == "cycle: l1 weight 10"
    assert lines["training"] == "2 epochs, size 64, batch_size 4"
    assert lines["expected"] == "10 steps of 0.5 s: 5 s; 1.5 GiB of memory at its peak; on cpu"
