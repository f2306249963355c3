"""The names that were given up: each is refused, and read in the runs of version 0.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganzoo import build_recipe, load_recipe
from ganzoo.cli.advice import command_meant
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.recipe.older import FILLED_TRAIN, up_to_date
from ganzoo.registry.components import Registry, UnknownComponent
from ganzoo.registry.discovery import installed

OLD = Path(__file__).parent.parent / "data" / "runs_0_1"

# A name on an index that is not ours would be somebody else's.
INSTALL = "pip install ./plugins/ganzoo-earth in a clone of ganzoo"


@pytest.mark.parametrize(
    "overrides", [["data.aligned=true"], {"data": {"type": "streets", "aligned": True}}]
)
def test_aligned_is_refused_with_the_new_name(overrides):
    with pytest.raises(RecipeError) as error:
        build_recipe("pix2pix", overrides)
    [fault] = error.value.faults
    assert (fault.path, fault.message) == ("data.aligned", "'aligned' is called 'paired' now")


def test_data_that_never_were_aligned_say_so():
    with pytest.raises(RecipeError, match="'folders' has no setting 'aligned'"):
        build_recipe("cyclegan", {"data": {"type": "folders", "root": ".", "aligned": True}})


@pytest.mark.parametrize(("run", "paired"), [("cyclegan", False), ("pix2pix", True)])
def test_aligned_of_an_old_run_is_read_as_paired(run, paired):
    settings = load_recipe(OLD / run).data.settings
    assert settings["paired"] is paired
    assert "aligned" not in settings


@pytest.fixture
def bare(monkeypatch):
    """The installed zoo without the plugin `earth`."""
    zoo = installed()
    monkeypatch.setattr(zoo.registry, "plugins", zoo.registry.plugins - {"earth"})
    monkeypatch.setattr(
        zoo, "recipes", {n: r for n, r in zoo.recipes.items() if not n.startswith("earth.")}
    )
    return zoo


@pytest.mark.parametrize(
    ("plugins", "message"),
    [
        (set(), f"'earth' is called 'earth.maps' now: {INSTALL}"),
        ({"earth"}, "'earth' is called 'earth.maps' now"),
    ],
)
def test_a_component_s_former_name(plugins, message):
    with pytest.raises(UnknownComponent) as caught:
        Registry(plugins=plugins).get("data", "earth")
    assert str(caught.value) == message


def test_the_package_of_a_plugin_that_left_the_core_is_named():
    message = "no data is called 'earth.maps': no plugin 'earth' is installed; "
    with pytest.raises(UnknownComponent) as caught:
        Registry().get("data", "earth.maps")
    assert str(caught.value) == f"{message}{INSTALL}"
    with pytest.raises(UnknownComponent, match="pip install the package that brings it"):
        Registry().get("data", "mars.maps")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cyclegan_earth", "recipe 'cyclegan_earth' is called 'earth.cyclegan' now: "),
        (
            "earth.cyclegan",
            "there is no recipe 'earth.cyclegan': no plugin 'earth' is installed; ",
        ),
    ],
)
def test_a_recipe_without_its_package(bare, name, message):
    with pytest.raises(GanzooError) as caught:
        load_recipe(name)
    assert str(caught.value) == f"{message}{INSTALL}"


def test_a_command_that_left_the_core_names_its_package():
    said = command_meant("study", ["run", "show"])
    install = INSTALL.replace("earth", "study")
    assert said == f" The package ganzoo-study brings it: {install}"


def test_what_version_0_1_filled_has_the_new_name_and_what_a_person_writes_has_not():
    train = dict.fromkeys(FILLED_TRAIN, 1)
    filled = up_to_date({"data": {"type": "earth", "aligned": True}, "train": train})
    assert filled["data"] == {"type": "earth.maps", "paired": True}
    written = {"data": {"type": "earth", "size": 64}}
    assert up_to_date(written) == written
