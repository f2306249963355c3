"""Arrays of any type and number of channels, in and out of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Generator, Variable

SIZE = (4, 6)


class Repeat(Generator):
    """Repeats the first channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, channels, H, W)."""
        return images[:, :1].repeat(1, self.channels, 1, 1)


def model(x: Variable, y: Variable, domain: str = "y") -> Model:
    output = OutputWire(parse("G(x)"), domain=domain)
    return Model({"G": Repeat(y.channels)}, {"x2y": output}, {"x": x, "y": y}, {})


def variable(channels: int = 1, **reading: Any) -> Variable:
    return Variable(channels, SIZE, scale="native", **reading)


def values(top: int, dtype: str, channels: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(0).integers(0, top + 1, (*SIZE, channels)).astype(dtype)
    return drawn[..., 0] if channels == 1 else drawn


@pytest.mark.parametrize(
    ("dtype", "top"), [("uint8", 255), ("uint16", 65535), (">u2", 65535), ("float32", 1)]
)
def test_an_identity_returns_values_of_each_type(dtype: str, top: int) -> None:
    array = values(top, dtype)
    result = model(variable(), variable(), domain="")("x2y", x=array)
    assert result.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(result, array)


def test_the_result_has_the_type_and_range_of_its_domain() -> None:
    deep = model(variable(), variable(5, range=(0, 4095), dtype="uint16"))
    array = np.array([[0, 255, 51]], np.uint8).repeat(4, 0)
    result = deep("x2y", x=array)
    assert result.dtype == np.uint16
    assert result.shape == (4, 3, 5)
    # 51 of 255 is a fifth: 819 of 4095.
    assert result[0, :, 4].tolist() == [0, 4095, 819]


def test_an_input_is_read_on_the_range_of_its_variable() -> None:
    array = np.array([[-1000, 400, -300]], np.int16).repeat(4, 0)
    result = model(variable(range=(-1000, 400)), variable(dtype="uint8"))("x2y", x=array)
    assert result.dtype == np.uint8
    assert result[0].tolist() == [0, 255, 128]
    with pytest.raises(ValueError, match="x: its values are int16, and it is not known"):
        model(variable(), variable())("x2y", x=array)


def test_five_bands_are_five_channels() -> None:
    array = values(255, "uint8", 5)
    result = model(variable(5), variable(1))("x2y", x=array)
    assert np.array_equal(result, array[..., 0])
    with pytest.raises(ValueError, match=r"x: it has 5 bands .* set channels = 5"):
        model(variable(3), variable(1))("x2y", x=array)


def test_four_channels_are_bands_where_the_variable_has_four() -> None:
    array = values(255, "uint8", 4)
    result = model(variable(4), variable(1))("x2y", x=array)
    assert np.array_equal(result, array[..., 0]), "the fourth is no opacity"
    opaque = np.dstack([array[..., :3], np.full(SIZE, 255, np.uint8)])
    assert np.array_equal(model(variable(3), variable(1))("x2y", x=opaque), opaque[..., 0])


@pytest.mark.parametrize(
    "array", [np.zeros((2, 2, 2, 2)), np.zeros((0, 4)), np.zeros((4, 4), bool)]
)
def test_what_is_no_picture(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="is no picture: give numbers of"):
        model(variable(), variable())("x2y", x=array)


@pytest.mark.parametrize(
    ("channels", "dtype", "mode"),
    [
        (1, None, "L"),
        (3, None, "RGB"),
        (1, "uint16", "I;16"),
        (1, "float32", "F"),
        (3, "uint8", "RGB"),
    ],
)
def test_pillow_where_pillow_has_such_an_image(channels: int, dtype: str | None, mode: str) -> None:
    result = model(variable(), variable(channels, dtype=dtype))(
        "x2y", x=Image.new("L", (6, 4), 128)
    )
    assert (result.mode, result.size) == (mode, (6, 4))


def test_elsewhere_an_array() -> None:
    result = model(variable(), variable(5, dtype="uint16"))("x2y", x=Image.new("L", (6, 4), 51))
    assert result.shape == (4, 6, 5)
    assert (result == 65535 // 5).all()


def test_tensors_stay_tensors() -> None:
    x = torch.zeros(1, 1, 4, 6)
    assert model(variable(), variable(5))("x2y", x=x).shape == (1, 5, 4, 6)
