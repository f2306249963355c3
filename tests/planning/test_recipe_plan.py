"""A plan: drafted, checked, refused where a training makes no sense, the same each time."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from PIL import Image

import ganzoo
from ganzoo.errors import GanzooError
from ganzoo.interfaces import (
    Decision,
    DomainFacts,
    DomainGap,
    Fingerprint,
    Rule,
    StepCost,
    Wishes,
)
from ganzoo.planning import recipe_plan as planning
from ganzoo.planning.drafting import NamedRule
from ganzoo.planning.plan_recipe import plan_recipe
from ganzoo.planning.plan_request import PlanRequest
from ganzoo.planning.recipe_plan import plan_for

COST = StepCost(2**30, 0.5)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(4):
            pixels = rng.integers(0, 255, (20, 24, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{number}.png")
    return tmp_path / "own"


def facts_of(folder, images=4):
    data = {"type": "folders", "root": str(folder)}
    x, y = (DomainFacts(str(folder / name), images) for name in ("trainA", "trainB"))
    return Fingerprint("domains", data, x, y, DomainGap(copy_kid=(0.03, 0.04)))


def planned(folder, rules, images=4, **more):
    facts = facts_of(folder, images)
    request = PlanRequest((folder,), "own", **more)
    return plan_for(facts, request, rules, lambda recipe: COST)


def test_a_plan_is_a_recipe_that_trains(folder, tiny_rules, tmp_path):
    plan = planned(folder, tiny_rules)
    assert tomllib.loads(plan.text) == plan.recipe
    assert (plan.steps, plan.seconds) == (2, 1.0)
    assert plan.recipe["summary"] == "trainA (4 images) -> trainB (4 images)"
    outcome = ganzoo.train(plan.recipe, tmp_path / "run", quiet=True)
    assert outcome.finished


def test_the_same_facts_make_the_same_text(folder, tiny_rules):
    assert planned(folder, tiny_rules).text == planned(folder, tiny_rules).text


def test_every_value_has_its_reason(folder, tiny_rules):
    text = planned(folder, tiny_rules).text
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            assert "# " in line or lines[at - 1].startswith("#"), line


def test_the_worst_cautions_come_first(folder, tiny_rules):
    plan = planned(folder, tiny_rules, images=2, anyway=True)
    assert [caution.level for caution in plan.cautions] == ["stop", "warning", "note"]
    assert "Beware: x has hardly any image; get ten at least" in plan.text
    assert "Note: images are small" in plan.text


def test_a_training_without_sense_is_refused_in_a_sentence(folder, tiny_rules):
    with pytest.raises(GanzooError) as refused:
        planned(folder, tiny_rules, images=2)
    assert str(refused.value) == (
        "x has hardly any image; get ten at least\nto plan all the same, add --anyway"
    )


def test_candidates_are_offered(folder, tiny_rules):
    assert [each.name for each in planned(folder, tiny_rules).candidates] == ["wider"]


class Wrong(Rule):
    """A rule with a mistake."""

    stage = "measuring"

    def decide(self, draft):
        yield Decision("networks.G.widht", 8, "a slip")


def test_a_rule_whose_recipe_is_wrong_is_named(folder, tiny_rules):
    with pytest.raises(GanzooError, match=r"'wrong'.*fault of theirs\n(.|\n)*widht"):
        planned(folder, [*tiny_rules, NamedRule("wrong", Wrong())])


class Epochs(Rule):
    """Two epochs of batches of three."""

    def decide(self, draft):
        yield Decision("train.length", "2 epochs", "enough")
        yield Decision("train.batch_size", 3, "enough")


def test_steps_follow_from_epochs(folder, tiny_rules):
    """Of the larger domain: 2 times 4 images, 3 a step, are 3 steps."""
    plan = planned(folder, [*tiny_rules, NamedRule("epochs", Epochs())])
    assert plan.steps == 3


def test_python_plans_as_the_command_does(folder, tiny_rules, monkeypatch):
    monkeypatch.setattr(planning, "installed_rules", lambda: tiny_rules)
    monkeypatch.setattr(planning, "make_estimate", lambda: lambda recipe: COST)
    plan = plan_recipe(folder, budget=3600, memory=2**30, goal="style")
    assert plan.name == "own"
    assert plan.wishes == Wishes(3600, 2**30, "style", None)
    assert plan.facts.x.images == 4
    again = plan_recipe(folder / "trainA", folder / "trainB", name="mine")
    assert again.recipe["name"] == "mine"
    assert plan.text == plan_recipe(str(folder), budget=3600, memory=2**30, goal="style").text


@pytest.mark.parametrize("wish", ["budget", "memory"])
def test_python_refuses_wishes_that_are_none(folder, wish):
    with pytest.raises(ValueError, match=f"{wish} = 0"):
        plan_recipe(folder, **{wish: 0})
