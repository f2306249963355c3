"""Recipes from tables and files: what overrides do, and durations that read back."""

from __future__ import annotations

import copy
import sys
import tomllib

import pytest

from ganzoo.errors import GanzooError
from ganzoo.recipe.duration import Duration, parse_duration
from ganzoo.recipe.loading import load_recipe, read_recipe
from ganzoo.recipe.overrides import override

NETWORK = {"type": "resnet", "width": 2, "blocks": 1}
TABLES = {
    "networks": {"G": NETWORK},
    "losses": {"content": {"type": "l1", "prediction": "G(x)", "target": "x"}},
    "outputs": {"x2y": "G(x)", "again": "G(G(x))"},
    "data": {"type": "streets", "size": 16},
    "optimizers": {"default": {"type": "adam"}},
    "train": {"length": "10 steps"},
}


def changed(*overrides, table):
    return override(TABLES, overrides)[table]


def test_an_empty_table_clears_what_was_there_before():
    assert changed("outputs={}", "outputs.s=G(x)", table="outputs") == {"s": "G(x)"}
    assert changed("outputs.s=G(x)", "outputs={}", table="outputs") == {}
    assert changed("outputs.s=G(x)", table="outputs") == {**TABLES["outputs"], "s": "G(x)"}


def test_an_empty_table_takes_back_a_single_part_or_value():
    assert changed("outputs.again={}", table="outputs") == {"x2y": "G(x)"}
    assert changed("losses.content={}", "losses.b={type='l2'}", table="losses") == {
        "b": {"type": "l2"}
    }
    assert changed("data.size={}", table="data") == {"type": "streets"}
    assert changed("data={}", "data.type=folders", table="data") == {"type": "folders"}


def test_a_type_takes_the_place_of_the_table():
    folders = {"type": "folders", "root": "X"}
    assert changed("data.type=folders", table="data") == {"type": "folders"}
    assert changed("data.type=folders", "data.root=X", table="data") == folders
    assert changed("data.root=X", "data.type=folders", table="data") == folders
    assert changed("data={type='folders', root='X'}", table="data") == folders
    assert changed("data.root=X", "data={}", "data.type=folders", table="data") == {
        "type": "folders"
    }
    assert changed("data.type=a", "data.root=X", "data.type=folders", table="data") == folders


def test_a_type_two_tables_down():
    found = changed(
        "networks.G.init.std=1", "networks.G.init.type=normal", "networks.G.type=unet",
        table="networks",
    )  # fmt: skip
    assert found == {"G": {"type": "unet", "init": {"type": "normal", "std": 1}}}


def test_a_table_called_type_names_no_part():
    found = changed("losses.type={type='l1'}", table="losses")
    assert found == {**TABLES["losses"], "type": {"type": "l1"}}


def test_tables_of_python_are_left_as_they_are():
    source, network = copy.deepcopy(TABLES), dict(NETWORK)
    overrides = {"networks.F": network, "networks.F.trainable": False, "networks.G.width": 3}
    recipe = load_recipe(source, overrides)
    assert recipe.networks["F"].trainable is False
    assert recipe.networks["F"].settings == {"width": 2, "blocks": 1}
    assert recipe.networks["G"].settings == {"width": 3, "blocks": 1}
    assert (source, network) == (TABLES, NETWORK)
    assert overrides["networks.F"] is network


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["train.seed=1", "train=5"],
            "--set: 1 fault\n  train  'train.seed' was set before",
        ),
        (["train=5", "train.seed=1"], "\n  train.seed  'train' was set to a value before"),
        (
            [f"train.seed={'9' * 5000}"],
            "\n  train.seed  a number here has too many digits",
        ),
        (
            [f"data.root={'[' * 3000}{']' * 3000}"],
            "data.root  lists or tables are nested",
        ),
        ([f"data.root={'[' * 250}{']' * 250}"], "data.root  lists or tables are nested too deeply"),
        ([f"data.a={'{a=' * 300}1{'}' * 300}"], "lists or tables are nested too deeply"),
        ([f"{'a.' * 3000}a=1"], "no setting is nested so deeply"),
    ],
)
def test_overrides_that_cannot_be(overrides, message):
    with pytest.raises(GanzooError) as caught:
        load_recipe(TABLES, overrides)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"x = {'9' * 5000}", "a.toml: a number here has too many digits"),
        (f"x = {'[' * 3000}{']' * 3000}", "a.toml: lists or tables are nested too deeply here"),
        (f"{'a.' * 3000}a = 1", "a.toml: a key here has too many dots"),
    ],
)
def test_a_file_that_is_too_much(tmp_path, text, message):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(GanzooError) as caught:
        load_recipe(tmp_path / "a.toml")
    assert str(caught.value).endswith(message)


def test_a_name_is_found_in_tables_that_are_wrong(tmp_path):
    (tmp_path / "mine.toml").write_text("zzz = 1")
    assert read_recipe(tmp_path / "mine.toml").name == "mine"
    assert read_recipe(tmp_path / "mine.toml", ["name=other"]).name == "other"
    assert read_recipe("cyclegan", ["train=3"]).name == "cyclegan"
    assert read_recipe("cyclegan", ["name=2024"]).name == "2024"
    for wrong in ("[3]", "../x", "''"):
        assert read_recipe("cyclegan", [f"name={wrong}"]).name == ""


def test_a_recipe_without_a_name_loads_again():
    recipe = load_recipe(TABLES).model_copy(update={"name": ""})
    assert load_recipe(recipe).name == "recipe"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1e10 steps", "10000000000 steps"),
        ("1E2 steps", None),
        ("1e+3 steps", "1000 steps"),
        ("2.50 epochs", "2.5 epochs"),
        ("1e-7 epochs", "1e-07 epochs"),
        ("123456789012 images", "123456789012 images"),
        ("0.12345678901234 epochs", "0.12345678901234 epochs"),
        ("1.0 epochs", "1 epoch"),
    ],
)
def test_a_duration_reads_back(text, written):
    if written is None:
        with pytest.raises(ValueError, match="a duration is a number and its unit"):
            parse_duration(text)
        return
    duration = parse_duration(text)
    assert str(duration) == written
    assert parse_duration(written) == duration


def test_durations_as_recipes_write_them():
    recipe = load_recipe(TABLES, {"train.length": "1e10 steps", "samples.every": "1e-5 epochs"})
    again = load_recipe(tomllib.loads(recipe.to_toml()))
    assert again == recipe


def test_a_duration_beyond_all_steps():
    assert Duration(1e308, "epochs").steps(2900, 1) == sys.maxsize
    with pytest.raises(ValueError, match="a duration is finite"):
        parse_duration("1e999 steps")
