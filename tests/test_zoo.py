"""Every recipe in recipes/, small: it checks, trains, resumes, and makes what it was trained for.

A new recipe is tested by existing. What a user must supply (folders) and what is an extra (earth)
is replaced by streets; networks are made narrow by the settings that their parts have.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from ganzoo.build import build_recipe, load_model
from ganzoo.build.experiment import check_recipe
from ganzoo.errors import RecipeError
from ganzoo.loading import load_recipe
from ganzoo.plugins import installed
from ganzoo.run.training import train
from ganzoo.signature import settings

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.toml"))
NARROW = {"width": 4, "blocks": 1, "embedding": 4}
OWN = ("streets", "digits")  # data that are embedded
SIZES = (16, 32, 64, 128, 256, 320)
SHORT = {
    "train.length": "1 steps",
    "train.log_every": "1 steps",
    "train.device": "cpu",
    "checkpoints.every": "1 steps",
    "samples.count": 1,
    "schedule": {"type": "constant"},
}


def part_settings(kinds, name):
    """The names of a part's settings."""
    registry = installed().registry
    kind = next(kind for kind in kinds if (kind, name) in registry.components)
    return {setting.name for setting in settings(registry.get(kind, name).load())}


def narrow(recipe):
    """Narrow networks; histories and penalties stay, for they cost nothing."""
    changed = {}
    for name, network in recipe.networks.items():
        known = part_settings(("generator", "discriminator", "module"), network.type)
        changed |= {f"networks.{name}.{k}": v for k, v in NARROW.items() if k in known}
    return changed


def small_data(recipe, size):
    """Embedded data of that size; in pairs if the recipe's own data are."""
    if recipe.data.type not in OWN:
        pairs = recipe.data.type == "paired_folders"
        table = {"type": "streets", "size": size, "count": 4, "held_out": 2, "aligned": pairs}
        return {"data": table}
    known = part_settings(("data",), recipe.data.type)
    few = {"count": 4, "held_out": 20 if recipe.data.type == "digits" else 2, "size": size}
    return {f"data.{key}": value for key, value in few.items() if key in known}


def tiny(path):
    """The smallest size at which the recipe is sound, and the settings for it."""
    recipe = load_recipe(path, {"data.root": "FOLDER"} if needs_root(path) else {})
    for size in SIZES:
        changed = {**SHORT, **narrow(recipe), **small_data(recipe, size)}
        try:
            check_recipe(path, changed)
        except RecipeError:
            continue
        return changed
    pytest.fail(f"{path.name} is not sound at any size of {SIZES}")


def needs_root(path):
    return "root" not in load_recipe(path).data.settings


def test_there_are_recipes():
    assert {"cyclegan", "pix2pix"} <= {path.stem for path in RECIPES}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_opens_with_its_source_and_says_what_it_is(path):
    first = path.read_text(encoding="utf-8").split("\n[")[0]
    comment = "\n".join(line for line in first.splitlines() if line.startswith("#"))
    assert "arXiv:" in comment
    summary = load_recipe(path).summary
    assert 10 < len(summary) <= 100
    assert not summary.endswith(".")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_checks_trains_resumes_and_makes_its_outputs(path, tmp_path):
    changed, out = tiny(path), tmp_path / "run"
    train(build_recipe(path, changed), out)
    longer = {**changed, "train.length": "2 steps"}
    outcome = train(build_recipe(path, longer, start=False), out, resume=True)
    assert (outcome.step, outcome.finished) == (2, True)
    model, data = load_model(out), build_recipe(path, longer).data
    data.prepare()
    sample = {name: value[None] for name, value in data.test_sample(0).items()}
    assert model.outputs
    for name in model.outputs:
        (made,) = model.evaluate([model.output(name)], sample, seed=0)
        assert isinstance(made, torch.Tensor)
        assert made.dim() == 4
        assert made.isfinite().all()
        assert made.std() > 0
    losses = (out / "log.jsonl").read_text()
    assert losses.count("\n") == 2
    assert "null" not in losses
    assert all(math.isfinite(v.float().sum()) for v in sample.values())
