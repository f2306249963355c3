"""The picture of the first training samples: those that training begins with, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import build_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.step import SHARED
from ganzoo.interfaces import Variable
from ganzoo.training.preview import Preview, describe_images

TURN = {"augmentations.turn": {"type": "rot90", "variables": ["x"]}}


def preview(recipes, settings, count=2):
    checked = check_recipe(recipes / "cyclegan.toml", settings, count=False)
    return Preview(checked.blueprint, count)


@pytest.fixture
def root(tmp_path):
    for folder, names in (("trainA", "abc"), ("trainB", "de")):
        (tmp_path / folder).mkdir()
        for level, name in enumerate(names):
            image = Image.new("RGB", (20, 16), (40 * level + 10, 200, ord(name)))
            image.save(tmp_path / folder / f"{name}.png")
    return tmp_path


@pytest.mark.parametrize("batch", [1, 2])
def test_its_first_rows_are_the_first_batches(recipes, tiny, batch):
    settings = {**tiny(), **TURN, "train.batch_size": batch, "train.seed": 5}
    made = preview(recipes, settings, 4)
    trainer = build_recipe(recipes / "cyclegan.toml", settings).trainer(make_accelerator(cpu=True))
    batches = trainer.batches()
    for start in range(0, 4, batch):
        [drawn] = next(batches)[SHARED]
        for name in ("x", "y"):
            rows = [row.augmented[name] for row in made.rows[start : start + batch]]
            assert torch.equal(torch.stack(rows), drawn[name])
    assert [row.title for row in made.rows[:4]] == (
        ["step 1", "step 2", "step 3", "step 4"] if batch == 1 else ["step 1"] * 2 + ["step 2"] * 2
    )


def test_the_first_sample_comes_again(recipes, tiny, root):
    settings = {**tiny(), **TURN, "data": {"type": "folders", "root": str(root), "size": 12}}
    made = preview(recipes, settings)
    assert [row.title for row in made.rows[2:]] == ["epoch 2", "epoch 3", "epoch 4"]
    assert len({row.captions["x"] for row in (made.rows[0], *made.rows[2:])}) == 1
    assert {row.captions["y"] for row in made.rows} <= {"d.png", "e.png"}


def test_captions_name_the_files_that_are_shown(recipes, tiny, root):
    """The blue of each file is the letter of its name."""
    settings = {**tiny(), "data": {"type": "folders", "root": str(root), "size": 12}}
    for row in preview(recipes, settings, 3).rows:
        for name in ("x", "y"):
            blue = (row.plain[name][2].mean() + 1) * 127.5
            assert row.captions[name] == f"{chr(round(float(blue)))}.png"


def test_a_column_a_variable_and_one_more_where_it_is_augmented(recipes, tiny):
    plain, augmented = (preview(recipes, {**tiny(), **more}).picture() for more in ({}, TURN))
    width = 128 + 8
    assert augmented.width == plain.width + width
    assert augmented.height == plain.height


def test_large_images_are_shrunk_and_values_are_told(recipes, tiny, root):
    data = {"type": "folders", "root": str(root), "size": [200, 600]}
    made = preview(recipes, {**tiny(), "data": data}, 3)
    sheet = made.picture()
    assert sheet.width < 2 * 256 + 100
    assert np.asarray(sheet).std() > 0
    [x, y] = made.facts()
    assert x.startswith("x: 3 channels, 600 x 200 px, values -0.92 ... 0.57")
    assert y.startswith("y: 3 channels")


def test_what_is_odd_about_values_is_said():
    flat = torch.full((1, 4, 4), -0.9)
    assert "data.range" in describe_images("x", Variable(1, (4, 4)), [flat, flat + 0.1])
    assert "data.range" not in describe_images("x", Variable(1, (4, 4)), [flat, -flat])
    labels = torch.tensor([-1.0, 0, 1]).repeat_interleave(4).reshape(1, 3, 4)
    variable = Variable(1, (3, 4), interpolation="nearest")
    assert "3 colours" in describe_images("y", variable, [labels, labels])


def test_data_without_chance_are_not_shown_again(recipes, tiny):
    made = check_recipe("cgan", {"data.size": 32, "train.device": "cpu"}, count=False)
    shown = Preview(made.blueprint, 2)
    assert [row.title for row in shown.rows] == ["step 1", "step 1"]
    assert all(row.captions["y"].startswith("c = ") for row in shown.rows)
