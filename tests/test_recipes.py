"""Every recipe in recipes/ checks, trains two tiny steps, resumes and translates: by existing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ganzoo import build_recipe, load_model, load_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.data.image_files import save_image
from ganzoo.registry.discovery import installed
from ganzoo.training.train import train

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.toml"))
SHORT = {
    "train.length": "2 steps",
    "train.workers": 0,
    "train.device": "cpu",
    "samples.count": 1,
    "samples.every": "2 steps",
    "checkpoints.every": "1 step",
}


@pytest.fixture(params=RECIPES, ids=lambda path: path.stem)
def recipe(request):
    return request.param


def shrunk(recipe, folder):
    """The recipe with narrow networks and small images; data that a user must supply is drawn."""
    loaded = load_recipe(recipe)
    overrides = dict(SHORT)
    for name, network in loaded.networks.items():
        overrides[f"networks.{name}.width"] = 4
        if "size" in network.settings:
            overrides[f"networks.{name}.size"] = 64
        if network.weights:
            narrow = installed().registry.get("generator", network.type).load()
            weights = narrow(**{**network.settings, "width": 4}).state_dict()
            torch.save(weights, folder.parent / f"{name}.pth")
            overrides[f"networks.{name}.weights"] = str(folder.parent / f"{name}.pth")
    fields = [network.settings.get("receptive_field") for network in loaded.networks.values()]
    depths = [network.settings.get("layers", 0) for network in loaded.networks.values()]
    size = 96 if 286 in fields else 64  # the smallest images that such a critic takes
    size = max(size, 2 ** max(depths))  # and such a U-Net
    data = {"size": size, "resize": size, "root": str(folder), "count": 4, "held_out": 2}
    for name, player in loaded.players.items():
        if getattr(player, "every", 1) > 1:
            overrides[f"players.{name}.every"] = 2
    for key in data.keys() & build_recipe_settings(loaded):
        overrides[f"data.{key}"] = data[key]
    return overrides


def build_recipe_settings(loaded):
    from ganzoo.registry.signature import settings

    return {s.name for s in settings(installed().registry.get("data", loaded.data.type).load())}


@pytest.fixture
def folder(tmp_path):
    for name in ("trainA", "trainB", "testA", "testB"):
        for index in range(2):
            image = torch.rand(3, 70, 80, generator=torch.Generator().manual_seed(index)) * 2 - 1
            save_image(image, tmp_path / "images" / name / f"{index}.png")
    return tmp_path / "images"


def test_it_opens_with_its_source_and_says_what_it_is(recipe):
    first = recipe.read_text(encoding="utf-8").split("\n[")[0]
    assert "arXiv:" in "".join(line for line in first.splitlines() if line.startswith("#"))
    summary = load_recipe(recipe).summary
    assert 10 < len(summary) <= 100
    assert not summary.endswith(".")


def test_it_checks_as_shipped_without_data(recipe):
    checked = check_recipe(recipe)
    blueprint, trial = checked.blueprint, checked.trial
    assert trial.flops > 0
    assert not any(trial.idle.values()), "every parameter that is built learns"
    assert blueprint.recipe.summary


def test_it_trains_resumes_and_translates(recipe, folder, tmp_path):
    overrides = shrunk(recipe, folder)
    console = Console(file=io.StringIO())
    experiment = build_recipe(recipe, overrides)
    before = {n: [p.clone() for p in m.parameters()] for n, m in experiment.networks.items()}
    assert train(experiment, tmp_path / "run", console=console).finished
    for name, network in experiment.networks.items():
        moved = [
            not torch.equal(p, q) for p, q in zip(network.parameters(), before[name], strict=True)
        ]
        assert any(moved) is experiment.recipe.networks[name].trainable, name
        assert all(torch.isfinite(p).all() for p in network.parameters())
    longer = {**overrides, "train.length": "3 steps"}
    assert train(
        build_recipe(recipe, longer), tmp_path / "run", resume=True, console=console
    ).finished
    model = load_model(tmp_path / "run")
    for output in model.outputs:
        if not model.output(output).names - {*model.latents, "c"}:
            assert model.sample(2, output).shape[::2] == (2, 64)
            continue
        channels = {name: variable.channels for name, variable in model.variables.items()}
        inputs = {name: torch.rand(1, channels[name], 64, 80) for name in ("x", "y")}
        domain = model.output(output).domain
        assert model(output, **inputs).shape == (1, channels.get(domain, 3), 64, 80)


def test_its_filled_copy_is_the_same_recipe(recipe, tmp_path):
    filled = check_recipe(recipe).blueprint.recipe
    (tmp_path / "recipe.toml").write_text(filled.to_toml(), encoding="utf-8")
    again = check_recipe(tmp_path / "recipe.toml").blueprint.recipe
    assert again.to_toml() == filled.to_toml()


def test_the_paper_is_followed():
    recipe = load_recipe("cyclegan_paper")
    assert str(recipe.train.length) == "200 epochs"
    assert recipe.train.batch_size == 1
    assert recipe.optimizers["default"].settings == {"lr": 2e-4, "betas": [0.5, 0.999]}
    for name in ("G", "F"):
        assert recipe.networks[name].settings == {"width": 64, "blocks": 9}
    for name in ("D_X", "D_Y"):
        assert recipe.networks[name].settings == {"width": 64, "receptive_field": 70}
    weights = {name: term.weight for name, term in recipe.losses.items()}
    assert (weights["cycle_X"], weights["cycle_Y"], weights["adversarial_X"]) == (10, 10, 1)
    assert recipe.losses["adversarial_Y"].buffer.settings == {"size": 50}


def test_ablations_are_three_lines(recipes):
    for name, dropped in {
        "gan_alone": {"cycle_X", "cycle_Y"},
        "cycle_alone": {"adversarial_X", "adversarial_Y"},
        "forward": {"cycle_Y"},
        "backward": {"cycle_X"},
    }.items():
        full, ablated = load_recipe("cyclegan"), load_recipe(f"cyclegan_{name}")
        off = {term for term, table in ablated.losses.items() if table.weight == 0}
        assert off == dropped
        assert full.networks == ablated.networks
        assert full.train == ablated.train


def test_a_metric_that_the_data_cannot_serve_is_left_out_and_named(recipes):
    blueprint = check_recipe(
        recipes / "cyclegan.toml", {"data": {"type": "folders"}, "default_metrics": False}
    ).blueprint
    why = "it compares pairs, and the images of 'folders' are none; kid needs none"
    assert blueprint.warnings == [f"metrics.{n} is left out: {why}" for n in ("labels", "photos")]
    assert blueprint.metrics.keys() == blueprint.recipe.metrics.keys() == {"kid", "layout"}


def test_an_empty_table_clears(recipes):
    assert load_recipe(recipes / "cyclegan.toml", ["metrics={}"]).metrics == {}
