"""What is measured on the training files stands in the run and in its model."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

import ganzoo
from ganzoo.builder import build_recipe
from ganzoo.inference.translation import translate
from ganzoo.recipe.loading import load_recipe

RESNET = {"type": "resnet", "width": 4, "blocks": 1, "downsamplings": 1}
PATCHGAN = {"type": "patchgan", "width": 4, "layers": 1}


def write(folder: Path, seed: int, top: int, side: int = 20) -> None:
    """Three images of 12-bit values in files of 16 bits."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for index in range(3):
        values = rng.integers(0, top, (side, side)).astype(np.uint16)
        tifffile.imwrite(folder / f"{index}.tif", values)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed, name in enumerate(("trainA", "trainB", "testA", "testB")):
        write(tmp_path / "data" / name, seed, 4096)
    return tmp_path / "data"


def recipe(root: Path, length: str = "2 steps") -> dict[str, object]:
    return {
        "networks": {"G": RESNET, "D": PATCHGAN},
        "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
        "outputs": {"x2y": "G(x)"},
        "data": {"type": "folders", "root": str(root), "size": 16, "channels": 1,
                 "range": ["0%", "100%"]},
        "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
        "train": {"length": length},
        "checkpoints": {"every": "1 step"},
    }  # fmt: skip


def test_ranges_and_types_stand_in_recipe_and_model_and_stay(root: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ganzoo.train(recipe(root), run, quiet=True)
    settings = load_recipe(run / "recipe.toml").data.settings
    highest = max(int(tifffile.imread(path).max()) for path in (root / "trainA").iterdir())
    assert settings["range"]["x"][1] == highest
    assert settings["dtype"] == {"x": "uint16", "y": "uint16"}
    model = ganzoo.load_model(run)
    assert model.variables["x"].range == tuple(settings["range"]["x"])
    assert model.variables["y"].dtype == "uint16"
    assert model.outputs["x2y"].domain == "y"

    shutil.rmtree(root / "trainA")
    write(root / "trainA", 9, 100)
    ganzoo.train(recipe(root, "3 steps"), run, quiet=True, resume=True, changes=["data"])
    later = load_recipe(run / "recipe.toml").data.settings
    assert later["range"] == settings["range"], "a run goes on as it began"


def test_resumed_equals_uninterrupted(root: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    ganzoo.train(recipe(root, "4 steps"), whole, quiet=True)
    ganzoo.train(recipe(root, "2 steps"), parts, quiet=True)
    ganzoo.train(recipe(root, "4 steps"), parts, quiet=True, resume=True)
    one, two = (ganzoo.load_model(run).networks["G"].state_dict() for run in (whole, parts))
    assert all((one[name] == two[name]).all() for name in one)


def test_a_filled_recipe_without_8_bits_says_nothing_new(root: Path) -> None:
    filled = build_recipe(recipe(root), start=False).recipe.data.settings
    assert "dtype" not in filled
    assert "scale" not in filled


def test_a_set_of_12_bits_comes_out_with_as_many_values(tmp_path: Path) -> None:
    root, run = tmp_path / "data", tmp_path / "run"
    for seed, name in enumerate(("trainA", "trainB")):
        write(root / name, seed, 4096, side=56)
    ganzoo.train(recipe(root), run, overrides={"data.range": [0, 4095]}, quiet=True)
    model = ganzoo.load_model(run)
    list(translate(model, root / "trainA", tmp_path / "out"))
    written = tifffile.imread(tmp_path / "out/0.tif")
    assert (written.dtype, written.shape) == (np.uint16, (56, 56))
    assert written.max() <= 4095
    assert len(np.unique(written)) > 1000, "8 bits have 256"
    array = model("x2y", x=tifffile.imread(root / "trainA/0.tif"))
    assert np.array_equal(array, written), "Python returns what translate writes"


def test_photos_and_five_bands_train_cycles_included(tmp_path: Path) -> None:
    tiny = {f"networks.{name}": {"type": "resnet", "width": 4, "blocks": 1} for name in "GF"}
    tiny |= {f"networks.D_{name}": PATCHGAN for name in "XY"}
    small = {"data.size": 16, "data.count": 4, "data.held_out": 2, "train.length": "2 steps"}
    best = {"metrics.bands.every": "1 step", "samples.count": 2}
    ganzoo.train(
        "cyclegan_multispectral", tmp_path / "run", overrides=tiny | small | best, quiet=True
    )
    assert [*(tmp_path / "run/samples").glob("step-*.png")], "a sheet shows the first three bands"
    model = ganzoo.load_model(tmp_path / "run")
    photo = ganzoo.build_recipe("cyclegan_multispectral", small, start=False).data.test_sample(0)[
        "x"
    ]
    assert model("x2y", x=photo).shape == (5, 16, 16)
    assert model("y2x", y=model("x2y", x=photo)).shape == (3, 16, 16)
