"""Names that were given up: refused with the new one where written, respelt in old files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from typer.testing import CliRunner

from ganzoo import build_recipe, load_recipe
from ganzoo.cli import app
from ganzoo.errors import RecipeError
from ganzoo.registry import former

OLD = Path(__file__).parent.parent / "data" / "runs_0_1" / "cyclegan" / "recipe.toml"
TODAYS = former.PLACES


@pytest.fixture(autouse=True)
def renamed(monkeypatch):
    """As if today's names had been others."""
    monkeypatch.setattr(former, "COMPONENTS", {("generator", "residual"): "resnet"})
    places = {
        ("data", "edge"): "size",
        ("train", "images_a_step"): "batch_size",
        ("alarms.ignore.*", "outputs_stuck"): "outputs_frozen",
    }
    monkeypatch.setattr(former, "PLACES", places)


WRITTEN = {
    "networks.G": {"type": "residual"},
    "data.edge": 16,
    "train.images_a_step": 2,
    "alarms.ignore": ["outputs_stuck"],
}
TOLD = {
    "networks.G.type": "'residual' is called 'resnet' now",
    "data.edge": "'edge' is called 'size' now",
    "train.images_a_step": "'images_a_step' is called 'batch_size' now",
    "alarms.ignore.0": "'outputs_stuck' is called 'outputs_frozen' now",
}


def test_a_person_is_told_every_new_name():
    with pytest.raises(RecipeError) as caught:
        build_recipe("cyclegan", WRITTEN)
    assert {fault.path: fault.message for fault in caught.value.faults} == TOLD


def test_a_person_is_told_before_torch_is_imported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a run of that name may be in the working directory
    words = [f"{path}={_toml(value)}" for path, value in WRITTEN.items()]
    command = ["run", "cyclegan", *(word for each in words for word in ("--set", each))]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 2, told.output
    output = " ".join(told.output.split())
    assert not [message for message in TOLD.values() if message not in output], told.output


def _toml(value):
    if isinstance(value, dict):
        return f'{{type = "{value["type"]}"}}'
    return str(value)


@pytest.fixture
def filled(tmp_path):
    """A filled recipe under former names."""
    tables = tomllib.loads(OLD.read_text(encoding="utf-8"))
    tables["networks"]["G"]["type"] = "residual"
    tables["data"]["edge"] = tables["data"].pop("size")
    tables["train"]["images_a_step"] = tables["train"].pop("batch_size")
    tables["alarms"]["ignore"] = ["outputs_stuck", "non_finite"]
    return tables


def load(tables, folder):
    file = folder / "recipe.toml"
    file.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return load_recipe(file)


def test_a_filled_recipe_is_read_under_todays_names(filled, tmp_path):
    recipe = load(filled, tmp_path)
    expected = load_recipe(OLD)
    expected.alarms.ignore = ["outputs_frozen", "non_finite"]
    assert recipe == expected


def test_a_setting_that_a_component_still_has_keeps_its_name(filled, tmp_path, monkeypatch):
    """Of components of one kind, only some have a new name for it."""
    monkeypatch.setitem(former.PLACES, ("data", "held_out"), "test_count")
    assert load(filled, tmp_path).data.settings["held_out"] == 3


def test_what_a_person_wrote_is_not_changed(tmp_path):
    tables = {"extends": "cyclegan", "data": {"edge": 16}, "networks": {"G": {"type": "residual"}}}
    recipe = load(tables, tmp_path)
    assert recipe.data.settings["edge"] == 16
    assert recipe.networks["G"].type == "residual"


def test_critic_won_is_discriminator_won(tmp_path, monkeypatch):
    """An alarm that a recipe ignores: the new name is told, and a run of 0.1 goes on with it."""
    monkeypatch.setattr(former, "PLACES", TODAYS)
    with pytest.raises(RecipeError, match="'critic_won' is called 'discriminator_won' now"):
        build_recipe("cyclegan", {"alarms.ignore": ["critic_won"]})
    tables = tomllib.loads(OLD.read_text(encoding="utf-8"))
    tables["alarms"]["ignore"] = ["critic_won"]
    assert load(tables, tmp_path).alarms.ignore == ["discriminator_won"]
