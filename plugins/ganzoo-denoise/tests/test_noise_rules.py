"""Noisy x and clean y are planned to be restored, on both sides of each threshold."""

from __future__ import annotations

import pytest
from ganzoo.interfaces import Wishes
from ganzoo.recipe.loading import load_recipe
from ganzoo.testing import make_fingerprint, try_rule

from ganzoo_denoise.noise_rules import noise_tables


def noisy(x=0.09, y=0.02, colour=0.05, **fields):
    gap = {"colour_distance": colour}
    return make_fingerprint(x={"noise": x, **fields}, y={"noise": y}, gap=gap)


@pytest.mark.parametrize(
    ("facts", "goal"),
    [
        (noisy(), "restore"),
        (noisy(x=0.061), "restore"),
        (noisy(x=0.06), "style"),  # three times that of y
        (noisy(x=0.02, y=0.0), "style"),
        (noisy(colour=0.1), "style"),
        (noisy(label_map=True), "style"),
        (noisy(kind="gray", channels=1), "style"),
        (noisy(saturation=0.003), "style"),  # gray stored as RGB is read as one channel
        (noisy(x=0.02, y=0.09), "style"),
    ],
)
def test_the_goal_is_to_restore_where_x_alone_is_noisy(facts, goal):
    assert try_rule("denoise.goal", facts).goal == goal


def test_a_wish_for_another_goal_stays():
    assert try_rule("denoise.goal", noisy(), Wishes(goal="content")).aim is None


def test_the_recipe_is_that_of_the_package():
    """But for its data, its length and what it is measured by."""
    draft = try_rule("denoise.noise", noisy(), Wishes(goal="restore"))
    own = load_recipe("denoise.noise_model").to_dict()
    planned = load_recipe({**draft.recipe, "data": own["data"], "train": own["train"]}).to_dict()
    for table in ("losses", "players", "outputs", "latents", "optimizers"):
        assert planned[table] == own[table]
    for name, network in own["networks"].items():
        assert network.items() <= planned["networks"][name].items()
    assert draft.value("train.batch_size") == own["train"]["batch_size"]


def test_channels_are_those_of_the_images():
    assert noise_tables(1)["networks.D"]["in_channels"] == 2
    assert noise_tables(3)["networks.D"]["in_channels"] == 4


def test_nothing_is_decided_for_another_goal_or_for_pairs():
    assert try_rule("denoise.noise", noisy(), Wishes(goal="style")).recipe == {}
    pairs = make_fingerprint(layout="pairs", x={"noise": 0.09})
    assert try_rule("denoise.noise", pairs, Wishes(goal="restore")).recipe == {}
