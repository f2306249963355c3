"""`Model.translate`: what goes in is what comes out, and the one image is found by itself."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganzoo.errors import DataError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Variable

IMAGE = Variable(3, (4, 6), scale="native")


class Negative(nn.Module):
    """The negative of an image."""

    def forward(self, x: Tensor) -> Tensor:
        return -x


class Tint(nn.Module):
    """Class `c` of three leaves one channel, and makes the others black."""

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        kept = nn.functional.one_hot(c, 3)[..., None, None]
        return torch.where(kept.bool(), x, torch.full_like(x, -1))


class Mean(nn.Module):
    """The mean of two images."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + y) / 2


@pytest.fixture(scope="module")
def model() -> Model:
    outputs = {
        name: OutputWire(parse(wire))
        for name, wire in {"negative": "N(x)", "tint": "T(x, c)", "mean": "M(x, y)"}.items()
    }
    variables = {"x": IMAGE, "y": IMAGE, "c": Variable(1, None, classes=3)}
    networks = {"N": Negative(), "T": Tint(), "M": Mean()}
    return Model(networks, outputs, variables, {})


@pytest.fixture
def array() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)


def test_an_array_gives_an_array(model, array):
    assert np.array_equal(model.translate(array), 255 - array)


def test_a_pillow_image_gives_one(model, array):
    result = model.translate(Image.fromarray(array))
    assert isinstance(result, Image.Image)
    assert np.array_equal(np.asarray(result), 255 - array)


def test_a_file_gives_a_pillow_image(model, array, tmp_path):
    Image.fromarray(array).save(tmp_path / "a.png")
    for file in (tmp_path / "a.png", str(tmp_path / "a.png")):
        assert np.array_equal(np.asarray(model.translate(file)), 255 - array)


def test_a_tensor_gives_a_tensor_of_its_shape(model):
    batch = torch.rand(2, 3, 5, 7) * 2 - 1
    assert torch.equal(model.translate(batch), -batch)
    assert torch.equal(model.translate(batch[0]), -batch[0])
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8)[:, None, None].expand(3, 5, 7)
    assert model.translate(levels)[:, 0, 0].tolist() == pytest.approx([1, 0.6, -1])


def test_a_list_gives_a_list_each_of_its_kind(model, array):
    first, second = model.translate([array, Image.fromarray(array[:2])])
    assert np.array_equal(first, 255 - array)
    assert second.size == (6, 2)
    assert np.array_equal(np.asarray(second), 255 - array[:2])
    assert model.translate((torch.zeros(3, 4, 6),))[0].shape == (3, 4, 6)


def test_classes_and_other_images_are_given_by_name(model, array):
    result = model.translate(array, "tint", c=1)
    assert np.array_equal(result, array * np.array([0, 1, 0], np.uint8))
    dark = np.zeros_like(array)
    expected = model("mean", x=array, y=dark)
    assert np.array_equal(model.translate(array, "mean", y=dark), expected)
    assert np.array_equal(model.translate(dark, "mean", x=array), expected)


def test_it_is_what_a_call_gives(model, array):
    for scale in ("trained", "native", 2.0):
        expected = model("negative", x=array, scale=scale, seed=3)
        assert np.array_equal(model.translate(array, "negative", scale=scale, seed=3), expected)


@pytest.mark.parametrize(
    ("image", "output", "more", "told"),
    [
        (None, "", {}, "an image is a file, a Pillow image, an array .* not NoneType"),
        (7, "", {}, "not int"),
        ([], "", {}, "no images in this list"),
        ([torch.zeros(3, 4, 6), "gone.png"], "", {}, r"image 1: .*gone\.png"),
        ([torch.zeros(3, 4, 6), None], "", {}, "image 1: an image is .* not NoneType"),
        (torch.zeros(3, 4, 6), "mean", {}, r"takes the images x, y: .* as y=\.\.\."),
        (torch.zeros(3, 4, 6), "", {"x": torch.zeros(3, 4, 6)}, "x: give an image once"),
        (torch.zeros(3, 4, 6), "tint", {}, "needs c"),
        (torch.zeros(3, 4, 6), "tint", {"c": 3}, "c is a class of 0 ... 2"),
        (torch.zeros(3, 4, 6), "tint", {"c": 1, "k": 3}, "the model knows no 'k'"),
        (torch.zeros(3, 4, 6), "nothing", {}, "there is no output 'nothing'"),
        (torch.zeros(1, 4, 6), "", {}, r"x is \(1, 4, 6\): give \(N, 3, height, width\)"),
    ],
)
def test_what_does_not_fit_is_one_sentence(model, image, output, more, told):
    with pytest.raises((ValueError, DataError), match=told) as caught:
        model.translate(image, output, **more)
    assert "\n" not in str(caught.value)


def test_an_output_without_an_image(model):
    drawn = Model({}, {"draw": OutputWire(parse("z"))}, {"z": Variable(8, None)}, {"z": None})
    with pytest.raises(ValueError, match=r"'z' takes no image; draw from it by model\.sample"):
        drawn.translate(torch.zeros(3, 4, 6))


def test_a_folder_is_refused(model, tmp_path):
    with pytest.raises(DataError, match="folder"):
        model.translate(tmp_path)


def test_a_warning_shows_the_line_that_called(model):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.translate(torch.rand(1, 3, 4, 6))
        model("negative", x=torch.rand(1, 3, 4, 6))
        model.translate([torch.rand(1, 3, 4, 6)])
    assert [each.filename for each in told] == [__file__] * 3
    assert "in 0 ... 1" in str(told[0].message)
