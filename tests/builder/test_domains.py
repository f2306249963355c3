"""Of which variable the images of wires and outputs are."""

import pytest

from ganzoo.builder.domains import Domains, Match
from ganzoo.builder.experiment import check_recipe
from ganzoo.expression import parse

RECIPES = {
    "cyclegan": {"x2y": "y", "y2x": "x"},
    "pix2pix": {"x2y": "y"},
    "simgan": {"x2y": "y", "y2x": "x"},
    "bigan": {"x2y": "y", "y2x": "x"},
    "gan": {"sample": "y"},
    "cogan": {"x2y": "y", "y2x": "x", "z2x": "x", "z2y": "y"},
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_domains_of_outputs(name):
    blueprint = check_recipe(name, count=False).blueprint
    assert {n: blueprint.output(n).domain for n in blueprint.outputs} == RECIPES[name]


def domains(*pairs):
    matches = [Match(parse(one), parse(other), strength) for strength, one, other in pairs]
    return Domains({"x", "y"}, matches)


def find(known, text):
    return known.find(parse(text))


def test_a_variable_is_of_its_own_domain_and_a_latent_of_none():
    assert find(domains(), "x") == "x"
    assert find(domains(), "z") == ""


def test_a_discriminator_knows_better_than_a_loss():
    known = domains((0, "y", "G(x)"), (2, "G(x)", "x"))
    assert find(known, "G(x)") == "y"
    assert find(known, "G(F(y))") == "y", "what is known of G holds for other images"


def test_one_network_for_several_domains():
    known = domains((0, "x", "G(y, photo(y))"), (0, "y", "G(x, map(x))"))
    assert find(known, "G(x, map(x))") == "y"
    assert find(known, "G(y, photo(y))") == "x"
    assert find(known, "G(x, c)") == "", "it cannot be told"


def test_what_one_match_shows_another_may_need():
    known = domains((2, "A(x)", "B(x)"), (2, "B(x)", "C(x)"), (2, "C(x)", "y"))
    assert find(known, "A(x)") == "y"
