"""Runs and models that version 0.1 wrote still open, compute the same, and go on.

tests/data/runs_0_1 was written by commit a90b8c8: `cyclegan` as a kill after its checkpoint of step
3 of 8 leaves it, `pix2pix` and `cgan` finished; `cyclegan_uninterrupted.safetensors` is the model
of the same run not killed, `outputs.safetensors` what their models gave then.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
import tomli_w
import torch
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

import ganzoo
from ganzoo.cli import app

OLD = Path(__file__).parent / "data" / "runs_0_1"


@pytest.fixture
def run(tmp_path):
    """A copy of an old run, which a test may go on with."""
    return lambda name: Path(shutil.copytree(OLD / name, tmp_path / name))


def command(*words):
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("name", "output", "inputs", "seed"),
    [("cyclegan", "x2y", "x", 0), ("cyclegan", "y2x", "y", 0), ("pix2pix", "x2y", "x", 3)],
)
def test_old_models_give_what_they_gave(name, output, inputs, seed):
    expected = load_file(OLD / "outputs.safetensors")
    file = {"cyclegan": "cyclegan_uninterrupted.safetensors"}.get(name, f"{name}/model.safetensors")
    found = ganzoo.load_model(OLD / file)(output, seed=seed, **{inputs: expected["x"]})
    assert torch.allclose(found, expected[f"{name}.{output}"], atol=1e-5)


def test_an_old_model_draws_what_it_drew():
    found = ganzoo.load_model(OLD / "cgan").sample(5, seed=2)
    assert torch.allclose(found, load_file(OLD / "outputs.safetensors")["cgan.sample"], atol=1e-5)


def test_a_killed_old_run_goes_on_as_if_uninterrupted(run):
    folder = run("cyclegan")
    command("resume", folder)
    expected = load_file(OLD / "cyclegan_uninterrupted.safetensors")
    found = load_file(folder / "model.safetensors")
    assert found.keys() == expected.keys()
    # A bias that an instance norm takes away again has rounding errors as its gradient, which Adam
    # makes as large as any other; versions round otherwise. So they may differ, outputs may not.
    idle = [name for name in expected if name.endswith("bias") and "model.18." not in name]
    for name in expected.keys() - set(idle):
        assert torch.allclose(found[name], expected[name], atol=1e-5), name
    x = load_file(OLD / "outputs.safetensors")["x"]
    files = folder / "model.safetensors", OLD / "cyclegan_uninterrupted.safetensors"
    ours, theirs = (ganzoo.load_model(file)("x2y", x=x) for file in files)
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_finished_old_run_is_made_longer(run):
    folder = run("pix2pix")
    command("resume", folder, "--set", 'train.length="8 steps"')
    assert (folder / "checkpoints" / "step-00000008").is_dir()


def test_old_runs_are_listed_reported_translated_and_evaluated(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    folder = run("pix2pix").rename(tmp_path / "runs" / "pix2pix")
    image = tmp_path / "x.png"
    Image.new("RGB", (20, 18), "teal").save(image)
    command("translate", folder, image, tmp_path / "y.png")
    assert Image.open(tmp_path / "y.png").size == (20, 18)
    command("evaluate", folder)
    command("report", folder)
    assert "pix2pix" in command("list", "runs")


OWN_IMAGES = {"type": "folders", "root": "own", "size": 16, "flip": True, "channels": 3}
THEN = {**OWN_IMAGES, "aspect": "keep", "unreadable": "error"}


@pytest.mark.parametrize(
    ("written", "colour"),
    [(THEN, "ignore"), ({**THEN, "colour": "srgb", "interpolation": "bicubic"}, "srgb")],
)
def test_colours_are_read_as_the_version_that_filled_the_recipe_did(tmp_path, written, colour):
    """0.1 looked at no profile, and had no word for that."""
    recipe = tomllib.loads((OLD / "cyclegan" / "recipe.toml").read_text(encoding="utf-8"))
    file = tmp_path / "recipe.toml"
    file.write_text(tomli_w.dumps({**recipe, "data": written}), encoding="utf-8")
    assert ganzoo.load_recipe(file).data.settings["colour"] == colour


def test_a_setting_left_out_by_hand_has_its_default(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('extends = "cyclegan"\n[data]\ntype = "folders"\nroot = "own"\n')
    assert "colour" not in ganzoo.load_recipe(file).data.settings


def test_an_old_run_on_own_images_goes_on_and_says_what_it_cannot_know(run, tmp_path):
    own = tmp_path / "own"
    for number, name in enumerate(("trainA", "trainB", "testA", "testB")):
        (own / name).mkdir(parents=True)
        Image.new("RGB", (16, 16), (0, 60 * number, 200)).save(own / name / "0.png")
    folder = run("cyclegan")
    recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
    changed = {**recipe, "data": {**THEN, "root": str(own)}, "metrics": {}}
    (folder / "recipe.toml").write_text(tomli_w.dumps(changed), encoding="utf-8")
    said = command("resume", folder)
    assert "the data are taken as they are" in " ".join(said.split())
    assert (folder / "checkpoints" / "step-00000008").is_dir()
