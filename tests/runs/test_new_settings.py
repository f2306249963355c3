"""A run made before a component got a setting is resumed as it was."""

from __future__ import annotations

import pytest

from ganzoo import build_recipe
from ganzoo.errors import RunError
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.new_settings import is_new_default
from ganzoo.runs.resume_rules import changed_settings, check_recipe_same


def filled(**changes):
    return build_recipe("cyclegan", {"data.size": 16, "networks.G.width": 4, **changes}).recipe


def without(recipe, *path):
    """A recipe as a ganzoo wrote it whose components had one setting less."""
    tables = recipe.to_dict()
    inner = tables
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return load_recipe(tables)


@pytest.mark.parametrize(
    "path",
    [
        ("networks", "G", "skip"),
        ("networks", "D_X", "norm"),
        ("losses", "adversarial_X", "buffer", "size"),
        ("optimizers", "default", "eps"),
    ],
)
def test_a_missing_setting_is_its_default(path):
    now = filled()
    assert changed_settings(without(now, *path), now) == []


def test_another_value_of_a_new_setting_is_a_change(tmp_path):
    now = filled(**{"networks.G.skip": "input"})
    before = without(now, "networks", "G", "skip")
    assert changed_settings(before, now) == ["networks.G.skip"]
    with pytest.raises(RunError, match=r"networks\.G\.skip"):
        check_recipe_same(tmp_path, before, now)


def test_a_setting_that_was_there_is_compared():
    before, now = filled(**{"networks.G.kernel": 3}), filled()
    assert changed_settings(before, now) == ["networks.G.kernel"]


def test_defaults_of_another_component_say_nothing():
    before = {"networks": {"G": {"type": "resnet"}}}
    now = {"networks": {"G": {"type": "unet", "skip": "none"}}}
    assert not is_new_default("networks.G.skip", before, now)
