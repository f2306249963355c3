"""The table [augmentations]: which images each one changes, and what is refused."""

from __future__ import annotations

import pytest

from ganzoo import build_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import RecipeError
from ganzoo.recipe.loading import read_recipe

NEAREST = {"data": {"type": "folders", "size": 16, "interpolation": {"y": "nearest"}}}


def changed(recipes, settings):
    blueprint = check_recipe(recipes / "cyclegan.toml", settings, count=False).blueprint
    return {s.name: [[*group] for group in s.groups] for s in blueprint.augmentation_steps}


def test_all_images_or_those_that_are_named(recipes, tiny):
    named = {
        "augmentations.turn.type": "rot90",
        "augmentations.soft": {"type": "blur", "sigma": 1.0, "variables": ["x"]},
    }
    assert changed(recipes, {**tiny(), **named}) == {"turn": [["x"], ["y"]], "soft": [["x"]]}


def test_images_of_a_pair_go_together(recipes, tiny):
    named = {"augmentations.turn.type": "rot90", "data.paired": True}
    assert changed(recipes, {**tiny(), **named}) == {"turn": [["x", "y"]]}


def test_label_maps_are_moved_and_keep_their_values(recipes, tiny):
    named = {"augmentations.turn.type": "rot90", "augmentations.grain.type": "noise"}
    assert changed(recipes, {**tiny(), **NEAREST, **named}) == {
        "turn": [["x"], ["y"]],
        "grain": [["x"]],
    }


def test_a_filled_recipe_reads_back_to_the_same(recipes, tiny):
    named = {
        "augmentations.turn.type": "rot90",
        "augmentations.soft": {"type": "blur", "sigma": 1, "variables": ["x"]},
    }
    filled = build_recipe(recipes / "cyclegan.toml", {**tiny(), **named}).recipe
    assert filled.augmentations["turn"].settings == {"probability": 1.0}
    assert filled.augmentations["turn"].variables is None
    again = read_recipe(filled.to_dict()).require()
    assert again == filled
    assert [*again.augmentations] == ["turn", "soft"]


@pytest.mark.parametrize(
    ("settings", "path", "message"),
    [
        ({"a": {"type": "rot91"}}, "a.type", "no augmentation is called 'rot91'. Did you mean"),
        ({"a": {"type": "flip", "prob": 1}}, "a.prob", "It has direction, probability"),
        (
            {"a": {"type": "flip", "variables": ["z"]}},
            "a.variables",
            "no image 'z'. Use 'x' or 'y'",
        ),
        ({"a": {"type": "flip", "variables": []}}, "a.variables", "at least 1"),
        ({"a": {"type": "noise", "variables": ["y"]}}, "a.variables", "'y' is a label map"),
        ({"a": {"type": "blur", "sigma": 20}}, "a", "'x' has only 16 px"),
    ],
)
def test_faults(recipes, tiny, settings, path, message):
    with pytest.raises(RecipeError) as caught:
        check_recipe(
            recipes / "cyclegan.toml", {**tiny(), **NEAREST, "augmentations": settings}, count=False
        )
    [fault] = caught.value.faults
    assert fault.path == f"augmentations.{path}"
    assert message in fault.message


def test_half_a_pair_cannot_be_moved(recipes, tiny):
    half = {"data.paired": True, "augmentations.turn": {"type": "rot90", "variables": ["x"]}}
    with pytest.raises(RecipeError, match="x, y show the same scene, and would no longer fit"):
        check_recipe(recipes / "cyclegan.toml", {**tiny(), **half}, count=False)
    soft = {"data.paired": True, "augmentations.soft": {"type": "noise", "variables": ["x"]}}
    assert changed(recipes, {**tiny(), **soft}) == {"soft": [["x"]]}
