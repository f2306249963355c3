"""Light images are computed several at a time, each by one thread, and always the same."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganzoo.expression import parse
from ganzoo.inference import light_images
from ganzoo.inference.fast_network import FastNetwork
from ganzoo.inference.light_images import (
    in_evaluation_mode,
    is_light,
    lanes_of,
    one_thread,
)
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable

PATIENCE = 30


class Convolution(nn.Module):
    """It notes how many threads compute each image."""

    per_sample = True

    def __init__(self, meeting=None):
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.dropout = nn.Conv2d(3, 3, 3, padding=1), nn.Dropout()
        self.seen, self.meeting = [], meeting

    def __deepcopy__(self, _):  # for what tiles would need
        return Convolution()

    def forward(self, x):
        self.seen.append((torch.get_num_threads(), self.training))
        if self.meeting:
            self.meeting.wait(PATIENCE)
        return self.dropout(self.convolution(x)).tanh()


def model_of(network, **how):
    wire = OutputWire(parse("f(x)"), **how)
    return Model({"f": network}, {"out": wire}, {"x": Variable(size=(32, 32))}, {})


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "in").mkdir()
    for index in range(4):
        pixels = np.random.default_rng(index).integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{index}.png")
    return tmp_path / "in"


def test_two_images_are_in_work_at_a_time(photos, tmp_path, two_threads):
    """Each waits for another one: computed one after the other, they would wait in vain."""
    network = Convolution(threading.Barrier(2))
    network.train()
    assert len(list(translate(model_of(network), photos, tmp_path / "out"))) == 4
    assert network.seen == [(1, False)] * 4
    assert network.training
    assert torch.get_num_threads() == 2


def test_an_image_is_the_same_alone_in_a_folder_and_from_python(photos, tmp_path, two_threads):
    model = model_of(Convolution())
    list(translate(model, photos, tmp_path / "out"))
    list(translate(model, photos / "2.png", tmp_path / "alone.png"))
    python = np.asarray(model(x=photos / "2.png"))
    for path in (tmp_path / "out" / "2.png", tmp_path / "alone.png"):
        with Image.open(path) as image:
            assert np.array_equal(np.asarray(image), python)
    assert {threads for threads, _ in model.networks["f"].seen} == {1}


def test_what_takes_long_has_all_threads(photos, tmp_path, two_threads, monkeypatch):
    monkeypatch.setattr(light_images, "LIGHT", 0)
    network = Convolution()
    list(translate(model_of(network), photos, tmp_path / "out"))
    assert {threads for threads, _ in network.seen} == {2}


def test_little_memory_is_not_shared_by_images(photos, tmp_path, two_threads):
    network = Convolution()
    in_work = []

    def forward(x):
        if x.shape[-2:] == (32, 40):  # others are tried for what tiles would need
            in_work.append(threading.current_thread())
        return network.convolution(x)

    network.forward = forward
    list(translate(model_of(network), photos, tmp_path / "out", memory=2**40))
    assert {*in_work} == {threading.main_thread()}


def test_which_images_are_light(two_threads):
    """Its 3 x 27 weights and 3 biases."""
    model = model_of(Convolution())
    most = int(light_images.LIGHT / 84)
    assert is_light(model, model.output(), (1, most))
    assert not is_light(model, model.output(), (1, most + 1))
    assert not is_light(model_of(Convolution()).to("meta"), model.output(), (1, 1))


def test_images_that_are_drawn_or_mixed_are_computed_one_by_one(two_threads):
    plain, mixing = model_of(Convolution()), model_of(nn.Conv2d(3, 3, 3))
    drawn = model_of(Convolution(), train_mode=True)
    lanes = [lanes_of(each, each.output(), (32, 32)) for each in (plain, mixing, drawn)]
    assert lanes == [2, 1, 1]


def test_modes_and_threads_are_restored(two_threads):
    network = Convolution().train()
    network.convolution.eval()
    with in_evaluation_mode([network]), one_thread():
        assert (network.training, torch.get_num_threads()) == (False, 1)
    assert (network.training, network.convolution.training) == (True, False)
    assert torch.get_num_threads() == 2


def test_compiled_networks_serve_one_image_at_a_time(two_threads):
    """Which sizes are compiled would depend on which thread comes first."""
    model = model_of(Convolution())
    lanes = [lanes_of(fast, fast.output(), (32, 32)) for fast in (model.speed_up(), model)]
    model.networks["f"] = FastNetwork(model.networks["f"], half=False, compiled=True)
    assert [*lanes, lanes_of(model, model.output(), (32, 32))] == [2, 2, 1]
