"""Contrast is a candidate of the planned sizes, and a recipe that can be built."""

from __future__ import annotations

import pytest
from ganzoo import build_recipe
from ganzoo.interfaces import StepCost, Wishes
from ganzoo.planning.drafting import draft_plan, installed_rules
from ganzoo.recipe.loading import load_recipe
from ganzoo.testing import make_fingerprint, try_rule

from ganzoo_cut.contrast_rule import Contrast, ShortContrast, contrast_tables


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


@pytest.mark.parametrize(
    ("label_map", "distance", "seconds", "contrast"),
    [
        ({"label_map": True}, 0.3, 0.2, True),
        ({"label_map": True}, 0.29, 0.2, False),
        ({"label_map": True}, 0.3, 0.001, False),
        ({}, 0.3, 0.2, False),
    ],
)
def test_contrast_for_label_maps_in_a_short_time(label_map, distance, seconds, contrast):
    """240 s are worth a thousand steps of 0.2 s; images of 64 px and more need 3,840."""
    draft = drafted(seconds, y=label_map, gap={"structure_distance": distance})
    terms = {"adversarial", "nce_X", "nce_Y"}
    assert (draft.value("losses").keys() == terms) == contrast
    assert ({*draft.value("networks")} == {"G", "H", "D"}) == contrast
    assert ({*draft.value("outputs")} == {"x2y"}) == contrast
    streets = {"data": {"type": "streets", "size": 64}, "metrics": {}, "checkpoints": {}}
    build_recipe({**draft.recipe, **streets})


def test_cycles_are_the_candidate_beside_contrast():
    """The same recipe as without this package's rule."""
    facts = {"y": {"label_map": True}, "gap": {"structure_distance": 0.3}}
    draft = drafted(0.2, **facts)
    (candidate,) = ShortContrast().candidates(draft)
    other = draft.with_candidate(candidate)
    cycles = drafted(0.2, y={"label_map": True}, gap={"structure_distance": 0.29})
    for table in ("networks", "losses", "outputs"):
        assert other.value(table) == cycles.value(table)
    assert other.value("latents") is None
    assert [*Contrast().candidates(draft)] == []


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
