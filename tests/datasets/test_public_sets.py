"""The public sets: an address, facts, and a recipe at the paper's settings for each."""

from __future__ import annotations

import re

import pytest

from ganzoo import build_recipe, load_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.datasets.public_sets import PAIRS, SETS, UNPAIRED, WITHDRAWN, find_set
from ganzoo.datasets.web import check_address
from ganzoo.errors import GanzooError
from ganzoo.registry.discovery import installed

TRAINED = [each for each in SETS.values() if each.recipe]
BASE = {UNPAIRED: "cyclegan_paper", PAIRS: "pix2pix_paper"}
# Where a set's recipe is not its base, by the papers: Zhu et al. 2017, sec. 5.2; Isola et al. 2017,
# appendix 6.2, and its authors' notes on which half of a file is x.
IDENTITY = {"losses.identity_Y.weight": 5, "losses.identity_X.weight": 5}
EDGES = {
    "data.resize": 256,
    "data.flip": False,
    "train.length": "15 epochs",
    "train.batch_size": 4,
}
DIFFERENCES = {
    "monet2photo": IDENTITY,
    "iphone2dslr_flower": IDENTITY,
    "facades_pairs": {"data.direction": "yx"},
    "edges2shoes": EDGES,
    "edges2handbags": EDGES,
    "night2day": {
        "data.direction": "yx",
        "train.length": "17 epochs",
        "train.batch_size": 4,
    },
}


def flat(table, path=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@pytest.mark.parametrize("each", SETS.values(), ids=SETS)
def test_facts(each):
    check_address(each.address)
    assert each.address.startswith("https://")
    assert each.sha256 == "" or re.fullmatch("[0-9a-f]{64}", each.sha256)
    assert not each.sha256 or each.size
    assert len(f"  {each.name:<24}{'':>7}  {each.images}") <= 80


@pytest.mark.parametrize("each", TRAINED, ids=lambda each: each.name)
def test_its_recipe_is_the_papers(each):
    recipe, base = load_recipe(each.recipe).to_dict(), load_recipe(BASE[each.place]).to_dict()
    for tables in (recipe, base):
        del tables["name"], tables["summary"]
    ours, theirs = dict(flat(recipe)), dict(flat(base))
    differs = {key: value for key, value in ours.items() if theirs.get(key) != value}
    assert differs == {"data.root": each.name, **DIFFERENCES.get(each.name, {})}
    assert theirs.keys() <= ours.keys()


@pytest.mark.parametrize("each", TRAINED, ids=lambda each: each.name)
def test_its_recipe_says_where_it_is_from(each):
    path, _ = installed().recipes[each.recipe]
    comment = "".join(line for line in path.read_text("utf-8").splitlines() if line[:1] == "#")
    assert each.paper in comment
    assert f"ganzoo data fetch {each.name}" in path.read_text("utf-8")
    assert 10 < len(load_recipe(each.recipe).summary) <= 100


@pytest.mark.parametrize("name", ["monet2photo", "facades_pairs", "edges2shoes"])
def test_its_recipe_checks(name):
    assert not any(check_recipe(SETS[name].recipe).trial.idle.values())


def test_no_recipe_without_a_set():
    here = {name for name, (path, _) in installed().recipes.items() if path.parent.name == "sets"}
    assert here == {each.recipe for each in TRAINED}


def test_the_papers_size_of_pix2pix():
    """As many parameters as the authors' code has."""
    networks = build_recipe("pix2pix_paper").networks
    counts = {n: sum(p.numel() for p in net.parameters()) for n, net in networks.items()}
    assert counts == {"G": 54_413_955, "D": 2_768_705}


def test_unknown_and_withdrawn_names():
    assert find_set("maps").recipe == "cyclegan_maps"
    with pytest.raises(GanzooError, match="Did you mean 'horse2zebra'"):
        find_set("horse2zebr")
    with pytest.raises(GanzooError, match=r"no public data set.*There are 'apple2orange'"):
        find_set("imagenet")
    with pytest.raises(GanzooError, match="'cityscapes' cannot be fetched: its licence"):
        find_set("cityscapes")
    assert not WITHDRAWN.keys() & SETS.keys()
