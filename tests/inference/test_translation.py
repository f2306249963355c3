"""Files are read ahead and written behind, as whole and in the order of one after the other."""

from __future__ import annotations

import errno

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganzoo.components.data.image_files import read_image, save_image
from ganzoo.errors import DataError, GanzooError
from ganzoo.expression import parse
from ganzoo.inference import image_stages, image_writing, translation
from ganzoo.inference.alike import images_together, threads_beside
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import make_picture
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable

SIZES = [(40, 50), (40, 50), (64, 64), (40, 50), (40, 50), (40, 50), (20, 90)]


class Convolution(nn.Module):
    """Treats samples separately, and notes how many it saw at a time."""

    per_sample = True

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.counts = nn.Conv2d(3, 3, 3, padding=1), []

    def forward(self, x):
        self.counts.append(len(x))
        if x.shape[-1] == 60:
            raise ValueError("no images of 60 px")
        return self.convolution(x).tanh()


def model_of(network, train_mode=False):
    outputs = {"out": OutputWire(parse("f(x)"), train_mode)}
    return Model({"f": network}, outputs, {"x": Variable(size=(32, 32))}, {})


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for index, (height, width) in enumerate(SIZES):
        pixels = np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def expected(photos, tmp_path):
    """Each file by itself, without threads."""
    model = model_of(Convolution())
    for file in photos.iterdir():
        result = make_picture(model, model.output(), {"x": read_image(file)})
        save_image(result, tmp_path / "expected" / f"{file.stem}.png")
    return contents(tmp_path / "expected")


@pytest.fixture
def three_together(monkeypatch):
    monkeypatch.setattr(image_stages, "images_together", lambda *_: 3)
    monkeypatch.setattr(image_stages, "lanes_of", lambda *_: 1)


@pytest.mark.parametrize("threads", [1, 3])
def test_files_are_those_of_one_after_the_other(photos, expected, tmp_path, threads, monkeypatch):
    monkeypatch.setattr(translation, "threads_beside", lambda *_: threads)
    network = Convolution()
    pairs = list(translate(model_of(network), photos, tmp_path / "out"))
    assert [source.name for source, _ in pairs] == [f"{index}.png" for index in range(len(SIZES))]
    assert contents(tmp_path / "out") == expected
    assert network.counts == [1] * len(SIZES)


def test_neighbours_of_one_size_are_computed_together(photos, expected, tmp_path, three_together):
    network = Convolution()
    assert len(list(translate(model_of(network), photos, tmp_path / "out"))) == len(SIZES)
    assert contents(tmp_path / "out") == expected
    assert network.counts == [2, 1, 3, 1]


def test_an_image_that_fails_in_a_batch_is_named(photos, tmp_path, three_together, monkeypatch):
    network, bad = Convolution(), []
    real = nn.Conv2d.forward

    def forward(self, x):
        if len(x) > 1:
            raise RuntimeError("out of memory")
        bad.append(x)
        if len(bad) == 2:
            raise ValueError("odd")
        return real(self, x)

    monkeypatch.setattr(nn.Conv2d, "forward", forward)
    with pytest.raises(DataError, match=r"1\.png: the model cannot take this image \(odd\)"):
        list(translate(model_of(network), photos, tmp_path / "out"))
    assert [*contents(tmp_path / "out")] == ["0.png"]


@pytest.mark.usefixtures("three_together")
def test_an_unreadable_file_is_skipped_in_its_place(photos, expected, tmp_path):
    (photos / "3.png").write_bytes(b"no image")
    del expected["3.png"]
    todo = translate(model_of(Convolution()), photos, tmp_path / "out", unreadable="skip")
    seen = [(target.name, len(todo.refused)) for _, target in todo]
    assert seen == [(name, int(name > "3.png")) for name in sorted(expected)]
    assert contents(tmp_path / "out") == expected
    assert todo.closing_line == "6 translated, 1 unreadable"


@pytest.mark.usefixtures("three_together")
def test_an_unreadable_file_stops_after_those_before_it(photos, expected, tmp_path):
    (photos / "3.png").write_bytes(b"no image")
    todo = translate(model_of(Convolution()), photos, tmp_path / "out")
    with pytest.raises(DataError, match=r"3\.png cannot be read"):
        list(todo)
    assert contents(tmp_path / "out") == {f"{i}.png": expected[f"{i}.png"] for i in range(3)}
    assert todo.closing_line == "3 translated, 4 not yet"


def test_an_image_that_the_model_cannot_take_comes_after_those_before_it(photos, tmp_path):
    Image.new("RGB", (60, 32)).save(photos / "2.png")
    with pytest.raises(DataError, match=r"2\.png: .* \(no images of 60 px\)"):
        list(translate(model_of(Convolution()), photos, tmp_path / "out"))
    assert sorted(contents(tmp_path / "out")) == ["0.png", "1.png"]


def test_a_full_disk_ends_it_with_whole_files_and_a_right_count(photos, tmp_path, monkeypatch):
    real = image_writing.write_with

    def write(path, fill):
        if path.name == "3.png":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, fill)

    monkeypatch.setattr(image_writing, "write_with", write)
    todo = translate(model_of(Convolution()), photos, tmp_path / "out")
    with pytest.raises(GanzooError, match=r"3\.png: cannot be written \(No space left on device"):
        list(todo)
    assert sorted(contents(tmp_path / "out")) == ["0.png", "1.png", "2.png"]
    assert todo.closing_line == "3 translated, 4 not yet"


def test_who_stops_early_counts_what_is_written(photos, tmp_path):
    todo = translate(model_of(Convolution()), photos, tmp_path / "out")
    for _ in todo:
        break
    assert 1 <= todo.done == len(contents(tmp_path / "out")) < len(SIZES)


def test_images_are_computed_together_where_it_is_faster_and_the_same():
    model, on_gpu = model_of(Convolution()), model_of(Convolution()).to("meta")
    assert images_together(model, model.output(), (256, 256)) == 1
    assert threads_beside(model) == 1
    assert [images_together(on_gpu, on_gpu.output(), (s, s)) for s in (32, 256, 512, 4096)] == [
        8,
        8,
        4,
        1,
    ]
    noisy = model_of(Convolution(), train_mode=True).to("meta")
    assert images_together(noisy, noisy.output(), (32, 32)) == 1
    mixing = model_of(nn.Conv2d(3, 3, 3)).to("meta")
    assert images_together(mixing, mixing.output(), (32, 32)) == 1
