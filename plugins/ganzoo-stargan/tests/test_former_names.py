"""`stargan.critic` is `stargan.discriminator` now: a recipe is told, old runs and models open."""

from __future__ import annotations

import ganzoo
import pytest
import torch
from ganzoo.cli import app
from ganzoo.errors import RecipeError
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

SMALL = {
    "networks.G.width": 4,
    "networks.G.blocks": 1,
    "networks.D.width": 4,
    "networks.D.size": 16,
    "networks.D.layers": 2,
    "data.size": 16,
    "data.count": 8,
    "data.held_out": 2,
}
OLD, NEW = "stargan.critic", "stargan.discriminator"


def with_old_name(path):
    """Let a file of a run be one that version 0.1 wrote, as far as the name goes."""
    if path.suffix == ".toml":
        text = path.read_text(encoding="utf-8")
        assert NEW in text
        path.write_text(text.replace(NEW, OLD), encoding="utf-8")
        return
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    assert any(NEW in value for value in header.values())
    header = {key: value.replace(NEW, OLD) for key, value in header.items()}
    save_file(load_file(path), path, header)


def command(*words):
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.output


def test_a_recipe_is_told_the_new_name():
    with pytest.raises(RecipeError, match=f"'{OLD}' is called '{NEW}' now"):
        ganzoo.build_recipe("stargan.stargan", {**SMALL, "networks.D.type": OLD})


def test_a_run_and_a_model_under_the_old_name_open(tmp_path):
    folder = tmp_path / "run"
    settings = {**SMALL, "train.length": "2 steps", "train.log_every": "1 steps"}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command("run", "stargan.stargan", *words, "--out", folder)
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    expected = ganzoo.load_model(folder / "model.safetensors")("to_night", x=x)
    for name in ("recipe.toml", "model.safetensors"):
        with_old_name(folder / name)
    torch.testing.assert_close(ganzoo.load_model(folder)("to_night", x=x), expected)
    command("resume", folder, "--set", "train.length=3 steps")
    assert NEW in (folder / "recipe.toml").read_text(encoding="utf-8")
