"""Drawing from a model: the same images for a seed, the classes asked for, whole files."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import nn
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.components.data.image_files import save_image
from ganzoo.components.latents import CategoricalLatent, NormalLatent
from ganzoo.errors import GanzooError, ModelError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.sampling import sample
from ganzoo.interfaces import Variable
from ganzoo.training.train import train

NAMES = ("cat", "dog", "eel")


class Draw(nn.Module):
    """The class as a gray level in the first column, noise in the others."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.1))
        self.norm = nn.BatchNorm1d(4)

    def forward(self, z, c=None):
        image = (self.norm(z) * self.scale)[:, None, None].repeat(1, 1, 3, 1)
        if c is not None:
            image[..., 0] = (c.float() / 2 - 1)[:, None, None]
        return image


def model(wires, labels=NAMES):
    """A model by hand: outputs of z, of an image x and of a class c."""
    variables = {"x": Variable(1, (8, 8)), "z": Variable(4), "k": Variable(classes=3)}
    variables["c"] = Variable(classes=3, labels=labels)
    outputs = {name: OutputWire(parse(wire)) for name, wire in wires.items()}
    latents = {"z": NormalLatent(size=4), "k": CategoricalLatent(classes=3)}
    network = Draw().eval()
    return Model({"G": network, "F": network}, outputs, variables, latents)


PLAIN, CLASSES = {"draw": "G(z)"}, {"draw": "G(z, c)"}


def label_of(images):
    return ((images[:, 0, 0, 0] + 1) * 2).round().long().tolist()


@pytest.mark.parametrize("train_mode", [False, True])
def test_an_image_is_the_same_in_any_company(train_mode):
    """Also with the batch statistics of training, as batches are always whole."""
    made = model(CLASSES)
    made.outputs["draw"] = OutputWire(parse("G(z, c)"), train_mode)
    whole = made.sample(40)
    assert whole.shape == (40, 1, 3, 4)
    assert torch.equal(made.sample(3), whole[:3])
    assert torch.equal(made.sample(20, start=7), whole[7:27])
    assert torch.equal(made.sample(1, start=39), whole[39:])
    assert len({tuple(image.flatten().tolist()) for image in whole}) == 40


def test_seeds_draw_others():
    made = model(PLAIN)
    assert torch.equal(made.sample(2, seed=5), made.sample(2, seed=5))
    assert not torch.isclose(made.sample(2, seed=5), made.sample(2, seed=6)).any()


def test_noise_is_standard_normal():
    drawn = model(PLAIN).sample(2000)[:, 0, 0] * 10 * (1 + 1e-5) ** 0.5
    assert float(drawn.mean()) == pytest.approx(0, abs=5 / 8000**0.5)
    assert float(drawn.var()) == pytest.approx(1, abs=5 * (2 / 8000) ** 0.5)


def test_classes_take_turns_or_are_asked_for():
    made = model(CLASSES)
    assert label_of(made.sample(7)) == [0, 1, 2, 0, 1, 2, 0]
    asked = made.sample(7, label=1)
    assert label_of(asked) == [1] * 7
    assert torch.equal(asked[..., 1:], made.sample(7)[..., 1:]), "the noise is the image's own"
    drawn = model({"draw": "G(z, k)"})
    assert label_of(drawn.sample(4)) == [0, 1, 2, 0]


def test_the_first_output_that_can_be_drawn_is():
    made = model({"x2y": "F(x)", "draw": "G(z)", "other": "G(z, c)"})
    assert torch.equal(made.sample(2), made.sample(2, "draw"))
    assert label_of(made.sample(2, "other")) == [0, 1]


@pytest.mark.parametrize(
    ("wires", "settings", "message"),
    [
        ({"x2y": "F(x)"}, {}, "'F(x)' needs x"),
        ({"draw": "G(z)", "x2y": "F(x)"}, {"output": "x2y"}, "'F(x)' needs x"),
        (PLAIN, {"label": 1}, "'G(z)' has no classes"),
        (CLASSES, {"label": 3}, "there is no class 3: they are 0 ... 2"),
        (CLASSES, {"label": -1}, "there is no class -1"),
        (CLASSES, {"count": 0}, "count is 0"),
        (CLASSES, {"output": "drew"}, "there is no output 'drew'"),
        ({}, {}, "this model has no outputs"),
    ],
)
def test_what_cannot_be_drawn(wires, settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        model(wires).sample(**{"count": 1, **settings})


def written(folder):
    return sorted(path.name for path in folder.iterdir())


def pixels(path):
    return np.array(Image.open(path))


def test_a_folder_of_files(tmp_path):
    made, out = model(CLASSES), tmp_path / "new" / "out"
    files = list(sample(made, out, 5))
    assert files == [out / f"0000{i}-{NAMES[i % 3]}.png" for i in range(5)]
    assert written(out) == [file.name for file in files]
    for path, image in zip(files, made.sample(5), strict=True):
        assert np.array_equal(pixels(path), ((image[0] + 1) * 127.5).round().clamp(0, 255).numpy())
    list(sample(made, tmp_path / "more", 20))
    assert (tmp_path / "more" / files[4].name).read_bytes() == files[4].read_bytes()


def test_names_of_files_without_names_of_classes(tmp_path):
    list(sample(model(PLAIN), tmp_path / "a", 2))
    list(sample(model(CLASSES, ()), tmp_path / "b", 2, label="2"))
    assert written(tmp_path / "a") == ["00000.png", "00001.png"]
    assert written(tmp_path / "b") == ["00000-2.png", "00001-2.png"]


def test_a_grid_has_a_column_a_class(tmp_path):
    made, out = model(CLASSES), tmp_path / "grid.png"
    assert list(sample(made, out, 8)) == [out]
    sheet = pixels(out)
    width = 4 * 32
    assert sheet.shape[1] == 8 + 3 * (width + 8)
    top = sheet.shape[0] - 3 * (96 + 8)
    for index, image in enumerate(made.sample(8)):
        row, column = divmod(index, 3)
        level = int(((image[0, 0, 0] + 1) * 127.5).round())
        assert sheet[top + row * 104 + 5, 8 + column * (width + 8) + 5].tolist() == [level] * 3
    assert (sheet[top + 2 * 104 : -8, 8 + 2 * (width + 8) :] == 255).all()
    assert (sheet[:top] < 100).any(), "its columns are named"


def test_a_grid_of_one_class_or_none_is_square(tmp_path):
    list(sample(model(PLAIN), tmp_path / "plain.png", 9))
    list(sample(model(CLASSES), tmp_path / "dogs.png", 9, label="dog"))
    for name in ("plain.png", "dogs.png"):
        assert pixels(tmp_path / name).shape[1] == 8 + 3 * (128 + 8)


def test_a_class_by_name_or_number(tmp_path):
    made = model(CLASSES)
    list(sample(made, tmp_path / "name", 2, label="eel"))
    list(sample(made, tmp_path / "number", 2, label="2"))
    one, other = (tmp_path / name / "00001-eel.png" for name in ("name", "number"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("wires", "target", "settings", "message"),
    [
        ({"x2y": "F(x)"}, "out", {}, "'F(x)' needs x; use ganzoo translate"),
        (PLAIN, "out", {"label": "3"}, "--class 3: 'G(z)' has no classes to choose from"),
        (CLASSES, "out", {"label": "3"}, "--class 3: there is no such class; they are 0 ... 2"),
        (CLASSES, "out", {"label": "-1"}, "--class -1: there is no such class"),
        (CLASSES, "out", {"label": "dig"}, "(cat, dog, eel). Did you mean 'dog'?"),
        (CLASSES, "out", {"count": 0}, "--n 0: at least 1 image can be drawn"),
        (CLASSES, "out", {"output": "drew"}, "no output 'drew'. Did you mean 'draw'?"),
        (CLASSES, "out.jpg", {}, "out.jpg: images are written as PNG; name it "),
        (CLASSES, "taken.png", {}, "taken.png already exists; nothing was written"),
        (CLASSES, "full", {}, "00001-dog.png already exists; nothing was written"),
        (CLASSES, "file", {}, "file is a file; name a folder, or a grid that ends in .png"),
        (CLASSES, "grid.png", {"count": 1001}, "a grid holds 1000; name a folder instead"),
        (CLASSES, "file/grid.png", {}, "cannot be written ("),
        (CLASSES, "file/out", {}, "cannot be written ("),
    ],
)
def test_mistakes_are_told(tmp_path, wires, target, settings, message):
    (tmp_path / "full").mkdir()
    for name in ("taken.png", "file", "full/00001-dog.png"):
        (tmp_path / name).write_bytes(b"mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GanzooError, match=re.escape(message)):
        list(sample(model(wires), tmp_path / target, **{"count": 3, **settings}))
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_image_is_told(tmp_path):
    made = model({"z": "G(z)"})
    made.networks["G"].forward = lambda z: z
    with pytest.raises(ModelError, match="only images of 1 or 3 channels"):
        list(sample(made, tmp_path / "out", 1))
    with pytest.raises(ModelError, match="only images of 1 or 3 channels"):
        list(sample(made, tmp_path / "grid.png", 1))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two steps on two folders of images."""
    root = tmp_path_factory.mktemp("run")
    for name in ("cat", "dog"):
        for index in range(3):
            save_image(torch.rand(3, 8, 8), root / "data" / name / f"{index}.png")
    tables = {
        "networks": {
            "G": {"type": "dcgan", "in_channels": 5, "size": 8, "width": 4, "classes": 2},
            "D": {"type": "dcgan", "size": 8, "width": 4, "classes": 2},
        },
        "latents": {"z": {"type": "normal", "size": 5}},
        "losses": {"game": {"type": "vanilla", "real": "D(y, c)", "fake": "D(G(z, c), c)"}},
        "outputs": {"draw": "G(z, c)"},
        "data": {
            "type": "class_folders", "root": str(root / "data"), "classes": ["dog", "cat"],
            "size": 8,
        },
        "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
        "train": {"length": "2 steps", "batch_size": 2, "device": "cpu"},
    }  # fmt: skip
    train(build_recipe(tables), root / "out", console=Console(file=io.StringIO()))
    return root / "out"


def ganzoo(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def test_the_command(trained, tmp_path):
    done = ganzoo("sample", trained, tmp_path / "out", "--n", 3)
    assert (done.exit_code, done.output) == (0, f"3 images -> {tmp_path / 'out'}\n")
    assert written(tmp_path / "out") == ["00000-dog.png", "00001-cat.png", "00002-dog.png"]
    done = ganzoo("sample", trained / "model.safetensors", tmp_path / "grid.png", "--class", "cat")
    assert (done.exit_code, done.output) == (0, f"64 images -> {tmp_path / 'grid.png'}\n")
    ganzoo("sample", trained, tmp_path / "one", "--n", 1, "--seed", 0)
    ganzoo("sample", trained, tmp_path / "other", "--n", 1, "--seed", 1)
    files = [tmp_path / name / "00000-dog.png" for name in ("out", "one", "other")]
    first, again, other = (file.read_bytes() for file in files)
    assert first == again
    assert first != other


def test_the_commands_point_to_each_other(trained, tmp_path):
    done = ganzoo("translate", trained, tmp_path, tmp_path / "out")
    assert done.exit_code == 2
    assert "there is nothing to translate; use ganzoo sample" in done.output
    done = ganzoo("sample", trained, tmp_path / "out", "--class", "cow")
    assert done.exit_code == 2
    assert "they are 0 ... 1 (dog, cat)" in done.output
