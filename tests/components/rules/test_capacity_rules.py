"""Sizes and length by time and memory, with costs that are made up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ganzoo.components.rules.capacity_rules import Capacity, list_rungs
from ganzoo.components.rules.length_rules import Length, Optimizer, Precision
from ganzoo.components.rules.time_limits import describe_seconds, round_down, training_seconds
from ganzoo.interfaces import StepCost, Wishes
from ganzoo.testing import make_fingerprint, try_rule

NETWORKS = {
    "G": {"type": "resnet"},
    "D": {"type": "patchgan"},
    "E": {"type": "patchgan", "receptive_field": 16},
    "N": {"type": "mine.other", "width": 7},
}
GIB = 2**30


def recipe(side):
    return {"data": {"size": side}, "networks": NETWORKS}


def by_pixels(tables):
    """A second a step at 128 px with 32 channels; memory as many GiB as a hundredth of the side."""
    side, width = tables["data"]["size"], tables["networks"]["G"]["width"]
    return StepCost(side * GIB // 100, (side / 128) ** 2 * (width / 32))


def planned(side, wishes, estimate=by_pixels):
    return try_rule(Capacity, make_fingerprint(), wishes, recipe(side), estimate)


def test_rungs_rise_in_side_then_in_width():
    for wanted in (32, 64, 128, 256):
        sizes = [(rung.side, rung.width, rung.blocks) for rung in list_rungs(wanted)]
        assert sizes == sorted(sizes)
        assert sizes[-1] == (wanted, 64, 9)
        assert sizes[0] == (min(wanted, 64), 16, 4)
        assert all(one != other for one, other in pairwise(sizes))


@pytest.mark.parametrize(
    ("hours", "size", "width"),
    [
        (0.05, 64, 16),  # (1/2)² x 1/2 x 3,840 steps are 480 s of 180; smaller is none
        (1, 96, 24),  # (3/4)² x 3/4 x 5,760 steps are 2,430 s; at 128 px 7,680 s
        (2.4, 128, 32),  # 7,680 s of 0.9 x 8,640 s - 10 s = 7,766 s
        (2.3, 96, 24),
        (1000, 256, 64),
    ],
)
def test_the_largest_that_the_time_allows(hours, size, width):
    draft = planned(256, Wishes(budget=3600 * hours, memory=99 * GIB))
    assert draft.value("data.size") == size
    assert draft.value("networks.G.width") == draft.value("networks.D.width") == width


@pytest.mark.parametrize(("gib", "size"), [(2.56, 256), (2.55, 192), (0.2, 64)])
def test_the_largest_that_memory_allows(gib, size):
    draft = planned(256, Wishes(budget=1e9, memory=int(gib * GIB)))
    assert draft.value("data.size") == size
    assert [each.kind for _, each in draft.cautions] == (["memory_short"] if gib < 0.3 else [])
    reason = draft.decided["networks.G.width"].decision.reason
    assert ("the smallest, though beyond" in reason) is (gib < 0.3)


def test_the_side_that_images_call_for_is_not_exceeded_and_its_reason_stays():
    draft = planned(64, Wishes(budget=1e9, memory=99 * GIB))
    assert draft.value("data.size") == 64
    assert "data.size" not in draft.decided
    assert draft.value("networks.G") == {"type": "resnet", "width": 64, "blocks": 9, "kernel": 5}
    assert draft.value("networks.D") == {"type": "patchgan", "width": 64, "layers": 2}


def test_networks_that_others_sized_stay_as_they_are():
    draft = planned(128, Wishes(budget=1e9, memory=99 * GIB))
    assert draft.value("networks.E") == NETWORKS["E"]
    assert draft.value("networks.N") == NETWORKS["N"]
    assert draft.value("networks.G.kernel") == 7
    assert draft.value("networks.D.layers") == 3


def test_too_little_time_is_told():
    draft = planned(64, Wishes(budget=60, memory=99 * GIB))  # 3,840 steps of 1/8 s
    (_, caution), *others = draft.cautions
    assert not others
    assert caution.kind == "time_short"
    assert "8 min" in caution.text


def test_few_estimates_are_asked_for():
    asked = []

    def counted(tables):
        asked.append(tables)
        return by_pixels(tables)

    for budget in (1, 1e4, 1e9):
        planned(256, Wishes(budget=budget), counted)
    assert len(asked) <= 3 * 5


@pytest.mark.parametrize(
    ("images", "budget", "length"),
    [
        (100, None, "10000 steps"),  # 200 epochs are 20,000; three hours allow 9,710
        (10, None, "4000 steps"),
        (30, None, "6000 steps"),
        (10, 1000.0, "890 steps"),
    ],
)
def test_the_length(images, budget, length):
    facts = make_fingerprint(x={"images": images}, y={"images": images})
    cost = StepCost(0, 0.97 if images == 100 else 1.0)
    draft = try_rule(Length, facts, Wishes(budget=budget), recipe(64), lambda tables: cost)
    assert draft.value("train.length") == length


@pytest.mark.parametrize(("steps", "rate"), [(9999, 4e-4), (10_000, 2e-4)])
def test_short_trainings_move_faster(steps, rate):
    before = {"train": {"length": f"{steps} steps"}}
    draft = try_rule(Optimizer, make_fingerprint(), recipe=before)
    assert draft.value("optimizers.default.lr") == rate


def test_rates_that_another_rule_chose_stay():
    before = {"train": {"length": "10 steps"}, "optimizers": {"default": {"type": "sgd"}}}
    assert try_rule(Optimizer, make_fingerprint(), recipe=before).recipe == before


@pytest.mark.parametrize(
    ("machine", "side", "precision"),
    [
        ({"bf16": True}, 128, "auto"),
        ({"bf16": True}, 96, "float32"),
        ({"bf16": True, "device": "cuda"}, 64, "auto"),
        ({}, 256, "float32"),
    ],
)
def test_half_precision_where_it_pays(machine, side, precision):
    draft = try_rule(Precision, make_fingerprint(machine=machine), recipe=recipe(side))
    assert draft.value("train.precision") == precision


def test_numbers_as_people_write_them():
    assert [round_down(n) for n in (7, 99, 137, 3871, 120_999)] == [7, 99, 130, 3800, 120_000]
    assert [describe_seconds(s) for s in (40, 720, 9000)] == ["40 s", "12 min", "2.5 h"]
    assert training_seconds(1000) == 890
    assert training_seconds(10) == 5
