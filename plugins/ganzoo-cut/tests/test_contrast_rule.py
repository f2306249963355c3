"""Contrast is a candidate of the planned sizes, and a recipe that can be built."""

from __future__ import annotations

import pytest
from ganzoo import build_recipe
from ganzoo.interfaces import StepCost, Wishes
from ganzoo.planning.drafting import draft_plan, installed_rules
from ganzoo.recipe.loading import load_recipe
from ganzoo.testing import make_fingerprint, try_rule

from ganzoo_cut.contrast_rule import Contrast, contrast_tables


def drafted(seconds=0.01, **fields):
    facts = make_fingerprint(**fields)
    return draft_plan(facts, Wishes(budget=240), installed_rules(), lambda t: StepCost(1, seconds))


def test_at_the_sizes_of_the_package_it_is_the_package_recipe():
    own = load_recipe("cut.cut").to_dict()
    sizes = {"type": "resnet", "width": 16, "blocks": 4, "kernel": 5}
    networks = {"G": sizes, "D_Y": {"type": "patchgan", "width": 16, "layers": 2}}
    recipe = {"networks": networks, "data": {"channels": 3}}
    tables = contrast_tables(try_rule(Contrast, make_fingerprint(), recipe=recipe))
    assert tables["networks"]["G"] == {**sizes, "layers": [0, 5, 8, 11, 13]}
    for name, network in tables["networks"].items():
        assert network.items() <= own["networks"][name].items()
    assert tables["losses"].keys() == own["losses"].keys()
    for name, term in tables["losses"].items():
        assert term.items() <= own["losses"][name].items()


@pytest.mark.parametrize("seconds", [0.001, 0.05, 100])
def test_a_candidate_can_be_built(seconds):
    draft = drafted(seconds)
    (candidate,) = Contrast().candidates(draft)
    other = draft.with_candidate(candidate)
    streets = {"data": {"type": "streets", "size": 64}, "metrics": {}, "checkpoints": {}}
    build_recipe({**other.recipe, **streets})


def test_a_generator_that_cannot_take_its_output_has_none():
    draft = drafted(x={"kind": "gray", "channels": 1})
    assert [*Contrast().candidates(draft)] == []


def test_it_is_likelier_where_structure_differs():
    ranks = [
        next(iter(Contrast().candidates(drafted(gap={"structure_distance": distance})))).rank
        for distance in (0.1, 0.4)
    ]
    assert ranks[0] < ranks[1]


def test_pairs_have_none():
    assert [*Contrast().candidates(drafted(layout="pairs"))] == []
