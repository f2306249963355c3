"""What is computed of a picture: in tiles where memory is short, in 8 bits where a PNG needs it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo.components.data.image_source import ImageContent
from ganzoo.components.networks.resnet import ResNet
from ganzoo.demo.demo_models import show_model
from ganzoo.demo.job_queue import GivenUp, Job
from ganzoo.demo.picture_work import Wish, translate_picture
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.tiling import tiling
from ganzoo.inference.tiling.live_bytes import Law
from ganzoo.interfaces import Variable


def show(network, **settings):
    variables = {"x": Variable(3, (32, 32)), "y": Variable(3, (32, 32), **settings)}
    outputs = {"out": OutputWire(parse("f(x)"), domain="y")}
    model = Model({"f": network.eval()}, outputs, variables, {})
    return show_model("m", model, "native").outputs["out"]


@pytest.fixture
def big(picture, encoded):
    return ImageContent("big.png", encoded(picture(0, (200, 230))))


@pytest.fixture
def tiled(monkeypatch):
    """An output, and a function that makes memory short for it."""
    torch.manual_seed(0)
    output = show(ResNet(width=4, blocks=1, kernel=3, norm="none"))

    def be_short():
        vars(output.tiling).pop("room", None)  # as it was measured
        monkeypatch.setattr(tiling, "READING", 1000)
        monkeypatch.setattr(tiling, "GREEDY", 10**9)
        monkeypatch.setattr(tiling.Tiling, "law", Law(0, 100))
        monkeypatch.setattr(tiling.Tiling, "room", 1_500_000)

    return output, be_short


def test_tiles_are_the_whole_and_say_how_many_are_done(tiled, big, decoded):
    output, be_short = tiled
    whole = decoded(translate_picture(output, big, Wish(), pytest.fail))
    be_short()
    shares = []
    result = decoded(translate_picture(output, big, Wish(), shares.append))
    assert np.abs(result.astype(int) - whole).max() <= 1
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_tiles_end_when_nobody_waits_for_them(tiled, big):
    output, be_short = tiled
    be_short()
    job = Job(lambda job: b"")
    job.given_up = True
    with pytest.raises(GivenUp):
        translate_picture(output, big, Wish(), job.report)


def test_results_of_floats_are_written_in_8_bits(big, picture, decoded):
    for settings in ({"dtype": "float32"}, {"dtype": "float32", "range": (-5.0, 0.5)}, {}):
        result = decoded(
            translate_picture(show(nn.Identity(), **settings), big, Wish(), pytest.fail)
        )
        np.testing.assert_array_equal(result, np.array(picture(0, (200, 230))))


def test_a_picture_that_the_model_cannot_take_is_named(big):
    class Picky(nn.Module):
        def forward(self, x):
            raise ValueError("no such sizes")

    with pytest.raises(Exception, match=r"^big\.png: the model cannot take this image \(no such"):
        translate_picture(show(Picky()), big, Wish(), pytest.fail)
