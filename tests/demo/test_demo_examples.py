"""Examples lie beside the model, or are its data's own; a stranger's files are not shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from ganzoo.builder.opening import Opening
from ganzoo.demo.demo_examples import find_examples
from ganzoo.demo.demo_models import open_models
from ganzoo.interfaces.levels import to_pixels

RUN = Path(__file__).parent.parent / "data" / "runs_0_1" / "pix2pix"


@pytest.fixture
def run(tmp_path):
    """A folder with the model and the recipe of a run on generated streets."""
    for name in ("model.safetensors", "recipe.toml"):
        shutil.copy(RUN / name, tmp_path / name)
    return tmp_path


def examples(path, local=True):
    model = open_models({"m": Opening(path, device="cpu")})[0]
    return find_examples(model, model.outputs["x2y"], local)


def test_they_are_test_items_of_the_data(run, decoded):
    from ganzoo.builder.trained import open_model

    data = open_model(run)[0].dataset
    data.prepare()
    shown = examples(run)
    assert len(shown) == min(6, data.test_count()) > 0
    for number, content in enumerate(shown):
        np.testing.assert_array_equal(decoded(content), to_pixels(data.test_item("x", number)))
    assert examples(run, local=False) == []


def test_those_beside_the_model_come_first(run, picture, decoded):
    place = run / "examples" / "x"
    place.mkdir(parents=True)
    for number in range(8):
        picture(number).save(place / f"{number}.png")
    (place / "9.png").symlink_to("/etc/passwd")
    for local in (True, False):
        shown = examples(run, local)
        assert len(shown) == 6
        np.testing.assert_array_equal(decoded(shown[2]), np.array(picture(2)))


def test_folders_that_a_lone_file_names_are_left_alone(run, monkeypatch):
    """A recipe inside a file may name a folder of whoever opens it."""
    from dataclasses import replace

    model = open_models({"m": Opening(run / "model.safetensors", device="cpu")})[0]
    (run / "recipe.toml").unlink()
    recipe = model.model.origin.recipe.model_copy(deep=True)
    recipe.data.model_extra["root"] = str(run)
    model.model.origin = replace(model.model.origin, recipe=recipe)
    monkeypatch.setattr("ganzoo.demo.demo_examples.reread", lambda *_: pytest.fail("it was read"))
    assert find_examples(model, model.outputs["x2y"], True) == []
