"""A filled recipe reads back to an equal one: from its file, a run folder and a model's header."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from ganzoo import build_recipe, load_model, load_recipe
from ganzoo.builder.filling import fill
from ganzoo.builder.resolve import read
from ganzoo.builder.trained import open_model
from ganzoo.engine.checkpoint import read_header, read_tensors, write_tensors
from ganzoo.recipe.duration import Duration
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.validation import check_tables
from ganzoo.registry.components import KINDS
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import check_settings, parameters
from ganzoo.training.train import train

pytestmark = pytest.mark.case("B1")

SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
HALF = {"ema.half_life": "100 images"}
EVERY_KEY = {
    "summary": "every table, every key",
    "networks.G.init": {"type": "normal", "std": 0.03},
    "networks.F.trainable": False,
    "latents.z": {"type": "normal", "like": "y", "channels": 1},
    "latents.c": {"type": "categorical", "classes": 4},
    "networks.join": {"type": "concat"},
    "augmentations.soft": {"type": "blur", "sigma": [0.1, 1.0], "variables": ["x"]},
    "augmentations.turn": {"type": "rot90"},
    "losses.adversarial_Y.weight": {"type": "linear", "value": 2.0, "warmup": "2 steps"},
    "losses.adversarial_Y.penalties": [
        {"type": "r1", "weight": 3.0},
        {"type": "r2", "weight": {"type": "cosine", "value": 0.5}},
    ],
    "losses.cycle_X.player": "generators",
    "outputs.cycle": {"expression": "F(G(x))", "mode": "train"},
    "players.generators.every": 2,
    "players.generators.fresh": True,
    "players.order": ["discriminators", "generators"],
    "optimizers.G": {"type": "adam", "lr": 1e-3, "clip_norm": 1.0, "betas": [0.5, 0.9]},
    "schedule": {"type": "step", "at": [0.5], "warmup": "1 epochs"},
    "ema": {"half_life": "100 images", "networks": ["G"], "warmup": False},
    "train.length": "3 epochs",
    "samples.every": "1 epochs",
    "checkpoints.keep_every": "10 steps",
    "alarms.ignore": ["discriminator_won"],
}


def filled(source, overrides=()):
    return fill(read(load_recipe(source, overrides), installed().registry, "test"))


def reads_back(recipe):
    """Whatever way it is written."""
    assert check_tables(json.loads(json.dumps(recipe.to_dict())), "header") == recipe


def built_again(recipe, folder):
    """The file is read and filled anew, as `ganzoo run RUN/recipe.toml` does."""
    path = folder / "recipe.toml"
    path.write_text(recipe.to_toml())
    assert load_recipe(path) == recipe
    assert filled(path) == recipe


def test_every_recipe_that_ships(tmp_path):
    for name in installed().recipes:
        recipe = filled(name)
        reads_back(recipe)
        built_again(recipe, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        EVERY_KEY,
        HALF,
        {"ema.decay": 0.9},
        {"ema.warmup": False},
        {"ema": {"decay": 0.9}, "latents.z": {"type": "uniform", "size": 4}},
        {"latents.z": {"type": "uniform", "like": "x"}},
    ],
    ids=["every key", "half-life", "decay", "neither", "size", "like"],
)
def test_every_table_and_all_exclusive_keys(tiny, tmp_path, change):
    recipe = filled("cyclegan", {**tiny(), **change})
    reads_back(recipe)
    built_again(recipe, tmp_path)


def test_every_key_is_in_the_list():
    """A table that is new has to join the list above."""
    tables = check_tables(filled("cyclegan", EVERY_KEY).to_dict(), "here")
    left = {name for name in Recipe.model_fields if not getattr(tables, name)}
    assert left <= {"metrics", "callbacks", "trackers"}


def test_the_filled_settings_of_every_part_are_taken_again():
    """Whatever is left out is filled in, and what is filled in is what the constructor means."""
    for part in installed().registry:
        loaded, skip = part.load(), part.kind == "optimizer"
        assert part.kind in KINDS
        required = [p for p in parameters(loaded, skip) if p.default is p.empty]
        if required:
            continue
        filled, faults = check_settings(loaded, part.name, {}, "part", skip)
        kept = {key: value for key, value in filled.items() if value is not None}
        written = json.loads(json.dumps(kept))
        again, more = check_settings(loaded, part.name, written, "part", skip)
        assert (faults, more) == ([], []), part.name
        assert again == filled, part.name


def test_a_half_life_is_resumed_translated_and_run_again(tiny, tmp_path):
    quiet = Console(file=io.StringIO())
    settings = {**tiny(), **SHORT, **HALF}
    experiment = build_recipe("cyclegan", settings)
    train(experiment, tmp_path / "run", console=quiet)
    place = tmp_path / "run" / "recipe.toml"
    assert load_recipe(place) == experiment.recipe
    longer = build_recipe(place, {"train.length": "3 steps"}, start=False)
    assert train(longer, tmp_path / "run", resume=True, console=quiet).step == 3
    header = read_header(tmp_path / "run" / "model.safetensors")["recipe"]
    assert header["ema"] == {"half_life": "100 images", "networks": [], "warmup": True}
    assert open_model(tmp_path / "run")[0].recipe.ema.half_life == Duration(100, "images")
    train(build_recipe(place), tmp_path / "again", console=quiet)


def test_a_model_of_ganzoo_0_1_says_both_and_is_read(tiny, tmp_path):
    """It wrote its default beside the half-life that counted."""
    quiet = Console(file=io.StringIO())
    train(build_recipe("cyclegan", {**tiny(), **SHORT, **HALF}), tmp_path / "run", console=quiet)
    file = tmp_path / "run" / "model.safetensors"
    header, tensors = read_tensors(file)
    header["recipe"]["ema"]["decay"] = 0.999
    write_tensors(file, tensors, {k: v for k, v in header.items() if k != "format"})
    assert load_model(file).outputs


def test_the_later_of_two_that_say_the_same_counts():
    """`gan` has a decay; no other key could take it back."""
    assert load_recipe("wgan_gp").ema.decay == 0.995
    changed = load_recipe("wgan_gp", ["ema.half_life=100 images"]).ema
    assert (changed.decay, changed.half_life) == (None, Duration(100, "images"))
    back = load_recipe(load_recipe("wgan_gp", HALF), {"ema.decay": 0.9}).ema
    assert (back.decay, back.half_life) == (0.9, None)
