"""What was meant by other programs' words: one short hint, and it is right."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from typer.testing import CliRunner

from ganzoo.builder import build_recipe
from ganzoo.cli import app
from ganzoo.cli.advice import COMMANDS, OPTIONS
from ganzoo.errors import RecipeError
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.places import wanted
from ganzoo.recipe.validation import TableError
from ganzoo.registry.discovery import installed
from ganzoo.registry.synonyms import LENGTHS, SYNONYMS


def told(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    return done.stderr.splitlines()[-1]


def fault(override, recipe="cyclegan"):
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, [override])
    ((found),) = caught.value.faults
    return found.message


@pytest.mark.case("D5")
@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("lr=1e-4", "Did you mean 'optimizers.default.lr'?"),
        ("train.lr=1e-4", "Did you mean 'optimizers.default.lr'?"),
        ("train.epochs=5", 'Write train.length = "5 epochs"'),
        ("epochs=5", 'Write train.length = "5 epochs"'),
        ("train.n_epochs=1.5", 'Write train.length = "1.5 epochs"'),
        ("epochs=many", 'Write train.length = "200 epochs"'),
        ("max_steps=300", 'Write train.length = "300 steps"'),
        ("batch_size=4", "Did you mean 'train.batch_size'?"),
        ("image_size=64", "Did you mean 'data.size'?"),
        ("train.image_size=64", "Did you mean 'data.size'?"),
        ("seed=1", "Did you mean 'train.seed'?"),
        ("blocks=6", "Did you mean 'networks.G.blocks'?"),
        ("train.blocks=6", "Did you mean 'networks.G.blocks'?"),
        ("train.lenght=5", "Did you mean 'length'?"),
    ],
)
def test_a_key_that_stands_elsewhere(override, hint):
    message = fault(override)
    assert message.endswith(f"' here. {hint}")
    assert len(message) < 80


@pytest.mark.case("D5")
def test_the_recipes_own_names_stand_in_the_hint():
    assert "'optimizers.generators.lr'" in fault(
        "lr=1",
        {**load_recipe("cyclegan").to_dict(), "optimizers": {"generators": {"type": "adam"}}},
    )


@pytest.mark.case("D5")
def test_a_setting_of_a_component_that_is_called_otherwise_elsewhere():
    for override, meant in (
        ("optimizers.default.learning_rate=1e-4", "lr"),
        ("networks.G.ngf=32", "width"),
        ("data.image_size=64", "size"),
    ):
        with pytest.raises(RecipeError, match=f"Did you mean '{meant}'"):
            build_recipe("cyclegan", [override])


@pytest.mark.case("D5")
def test_every_synonym_leads_to_a_setting_that_is_there():
    """A hint that leads nowhere is worse than none."""
    tables = load_recipe("cyclegan_paper").to_dict() | {"ema": {"decay": 0.9}}
    for path in (*SYNONYMS, "train.length"):
        assert wanted(path.split("."), tables) is not Any, path
    others = [other for names in (*SYNONYMS.values(), *LENGTHS.values()) for other in names]
    assert len(others) == len(set(others)), "no word has two meanings"


@pytest.mark.case("D5")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("train x", "Did you mean 'run'?"),
        ("trian x", "Did you mean 'run'?"),
        ("test x", "Did you mean 'translate'?"),
        ("predict x y z", "Did you mean 'translate'?"),
        ("evalute x", "Did you mean 'evaluate'?"),
        ("xyzzy", "See: ganzoo --help"),
        ("run cyclegan --epochs 5", "Did you mean --set 'train.length=5 epochs'?"),
        ("run cyclegan --epochs=5", "Did you mean --set 'train.length=5 epochs'?"),
        ("run cyclegan --lr 1e-4", "Did you mean --set optimizers.default.lr=1e-4?"),
        ("run cyclegan --batch-size 4", "Did you mean --set train.batch_size=4?"),
        ("run cyclegan --outt x", "Did you mean --out?"),
        ("run cyclegan --gpus 2", "Did you mean --processes?"),
        ("translate a b c --bets", "Did you mean --best?"),
    ],
)
def test_a_command_line_of_another_program(words, hint):
    assert told(*words.split()).endswith(hint)


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("run cyclegan --set train.length=5 epochs", "--set 'train.length=5 epochs'"),
        ("run --set train.length=5 epochs cyclegan", "--set 'train.length=5 epochs'"),
        ("check cyclegan --set train.seed = 4", "--set 'train.seed = 4'"),
        ("run cyclegan --set data.root=my own photos", "--set 'data.root=my own photos'"),
    ],
)
def test_a_setting_without_quotes(words, hint):
    said = told(*words.split())
    assert said.endswith(f"Put quotes around it: {hint}")
    override = shlex.split(hint)[1]
    load_recipe("cyclegan", [override])


@pytest.mark.case("D2")
def test_a_folder_without_quotes_or_without_its_option(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my images").mkdir()
    hint = "--data 'my images'"
    assert told("run", "cyclegan", "--data", "my", "images").endswith(f"quotes around it: {hint}")
    assert told("run", "cyclegan", "my images").endswith(f"Did you mean {hint}?")
    said = told("resume", "runs/a", "--change", "train.length=9", "epochs")
    assert said.endswith("Put quotes around it: --change 'train.length=9 epochs'")
    assert told("report", "runs/a", "my images").endswith("(my images).")


def test_words_too_many_that_have_nothing_to_do_with_a_setting():
    assert told("run", "--set", "train.seed=1", "cyclegan", "pix2pix").endswith("(pix2pix).")


def test_every_command_and_option_that_is_meant_is_there():
    group = __import__("typer").main.get_command(app)
    assert set(COMMANDS) <= set(group.list_commands(None))
    commands = [group.get_command(None, name) for name in group.list_commands(None)]
    options = {option for each in commands for param in each.params for option in param.opts}
    assert set(OPTIONS) - {"--data"} <= options
    assert not set(COMMANDS) & {word for words in COMMANDS.values() for word in words}


def test_no_hint_for_what_the_recipe_has_already():
    for name in installed().recipes:
        try:
            load_recipe(name)
        except TableError as error:  # a recipe that ships has no faults
            pytest.fail(str(error))
    assert re.search("Use '", fault("zzz=1"))
