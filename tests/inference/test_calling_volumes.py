"""A model of volumes (N, C, D, H, W), called with tensors, arrays and what is no volume."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import match_sizes
from ganzoo.interfaces import Variable

VOLUME = Variable(1, (4, 6), depth=3, pages="depth")


class Deeper(nn.Module):
    """Each slice becomes the next one; the last is black."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x[:, :, 1:], torch.full_like(x[:, :, :1], -1)], 2)


@pytest.fixture
def model() -> Model:
    return Model({"G": Deeper()}, {"x2y": OutputWire(parse("G(x)"))}, {"x": VOLUME}, {})


def test_tensors(model: Model) -> None:
    volumes = torch.rand(2, 1, 5, 4, 6) - 1
    moved = model(x=volumes)
    assert torch.equal(moved[:, :, :-1], volumes[:, :, 1:])
    assert torch.equal(model(x=volumes[0]), moved[0])
    levels = torch.randint(0, 256, (1, 3, 4, 6), dtype=torch.uint8)
    assert torch.equal(model(x=levels)[:, 0], levels[:, 1] / 127.5 - 1)


def test_arrays(model: Model) -> None:
    """Every slice is resized to 4 x 6 for the network, and back."""
    levels = np.random.default_rng(0).integers(0, 256, (5, 4, 6), dtype=np.uint8)
    moved = model(x=levels)
    assert moved.dtype == np.uint8
    assert moved.tolist() == [*levels[1:].tolist(), np.zeros((4, 6)).tolist()]
    colours = np.stack([levels] * 3, -1)
    assert model(x=colours).tolist() == moved.tolist()
    flat = np.full((5, 8, 12), 7, np.uint8)
    flat[3] = 9
    assert model(x=flat).tolist() == [*flat[1:].tolist(), np.zeros((8, 12)).tolist()]


def test_what_is_no_volume_is_refused(model: Model) -> None:
    message = "x: it is no volume: give a file of several pages"
    for given in (Image.new("L", (6, 4)), np.zeros((4, 6), np.uint8), np.zeros((3, 4, 6), bool)):
        with pytest.raises(ValueError, match=message):
            model(x=given)
    wanted = re.escape("give (N, 1, depth, height, width), or one volume without N")
    with pytest.raises(ValueError, match=rf"x is \(1, 4, 6\): {wanted}"):
        model(x=torch.zeros(1, 4, 6))
    with pytest.raises(ValueError, match="channels come before"):
        model(x=torch.zeros(2, 3, 4, 6, 1))


def test_a_volume_is_refused_by_a_model_of_images() -> None:
    flat = {"x": Variable(1, (4, 6))}
    model = Model({"G": Deeper()}, {"x2y": OutputWire(parse("G(x)"))}, flat, {})
    with pytest.raises(ValueError, match=r"x is \(2, 1, 3, 4, 6\): give \(N, 1, height, width\)"):
        model(x=torch.zeros(2, 1, 3, 4, 6))
    with pytest.raises(ValueError, match=r"shape \(3, 4, 6, 1\) is no picture"):
        model(x=np.zeros((3, 4, 6, 1), np.uint8))


def test_latents_follow_the_sides_of_a_volume() -> None:
    variables = {
        "x": VOLUME,
        "z": Variable(2, (2, 3), depth=3),
        "flat": Variable(2, (2, 3)),
        "v": Variable(9),
    }
    sized = match_sizes(variables, {"x": torch.empty(1, 1, 6, 8, 18)})
    assert sized["x"].shape == (1, 6, 8, 18)
    assert sized["z"].shape == (2, 6, 4, 9)
    assert sized["flat"].shape == (2, 4, 9)
    assert sized["v"].shape == (9,)
    by_image = match_sizes(variables, {"flat": torch.empty(1, 2, 4, 9)})
    assert by_image["z"].shape == (2, 3, 4, 9)
