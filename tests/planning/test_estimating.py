"""The cost of a step, as rules ask for it: of unfinished recipes too, and of equal steps once."""

from __future__ import annotations

import pytest

from ganzoo import load_recipe
from ganzoo.interfaces import StepCost
from ganzoo.planning import estimating


@pytest.fixture
def asked(monkeypatch):
    """The recipes of which a step was estimated; each costs its batch size."""
    estimated = []

    def estimate_step(checked, speed, measured):
        assert measured  # rules decide metrics after sizes, and all plans have some
        estimated.append(checked.blueprint.recipe)
        return StepCost(0, float(checked.blueprint.recipe.train.batch_size))

    monkeypatch.setattr(estimating, "find_speed", lambda: None)
    monkeypatch.setattr(estimating, "estimate_step", estimate_step)
    return estimated


@pytest.fixture
def recipe(recipes, tiny):
    return load_recipe(recipes / "cyclegan.toml", tiny()).to_dict()


def test_recipes_whose_steps_are_equal_are_estimated_once(asked, recipe):
    estimate = estimating.make_estimate()
    beside = {"name": "other", "summary": "", "metrics": {}, "samples": {"count": 1}}
    longer = {**recipe["train"], "length": "9 epochs"}
    for each in (recipe, {**recipe, **beside}, {**recipe, "train": longer}):
        assert estimate(each).seconds == 1
    assert len(asked) == 1
    larger = {**recipe, "train": {**recipe["train"], "batch_size": 4}}
    assert estimate(larger).seconds == 4
    assert len(asked) == 2


def test_a_recipe_needs_neither_length_nor_optimizers_yet(asked, recipe):
    estimate = estimating.make_estimate()
    assert estimate({key: recipe[key] for key in ("networks", "losses", "data")}).seconds == 1
    assert asked[0].optimizers["default"].type == "adam"


def test_what_is_decided_counts(asked, recipe):
    estimating.make_estimate()({**recipe, "optimizers": {"default": {"type": "sgd", "lr": 0.1}}})
    assert asked[0].optimizers["default"].type == "sgd"
    assert asked[0].networks["G"].settings["width"] == 4
