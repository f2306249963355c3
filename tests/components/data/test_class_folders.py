"""One folder a class: which image is of which class, and what is held out."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

COUNTS = {"cat": 3, "ape": 2, "dog": 4}


@pytest.fixture
def root(tmp_path):
    """Gray images; the hundreds tell the class by name, the rest the place in it."""
    for hundred, name in enumerate(sorted(COUNTS)):
        for place in range(COUNTS[name]):
            last = place == COUNTS[name] - 1
            path = tmp_path / name / ("z" if last else "") / f"{place}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (20, 12), 100 * hundred + place).save(path)
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def prepared(root, classes=3, **settings):
    data = ClassFolders(classes, str(root), size=8, channels=1, **settings)
    data.prepare()
    return data


def levels(samples):
    """Gray level and class of each."""
    return [(round(float((s["y"].mean() + 1) * 127.5)), int(s["c"])) for s in samples]


def train(data):
    return levels(data.train_sample(i, np.random.default_rng(i)) for i in range(len(data)))


def test(data):
    return levels(data.test_sample(i) for i in range(data.test_count()))


test.__test__ = False


def test_folders_are_numbered_by_name(root):
    data = prepared(root)
    assert data.variables == {"y": Variable(1, (8, 8)), "c": Variable(classes=3)}
    assert test(data) == [(1, 0), (102, 1), (203, 2)]
    assert train(data) == [(0, 0), (100, 1), (101, 1), (200, 2), (201, 2), (202, 2)]


def test_names_are_numbered_in_their_order(root):
    data = prepared(root, ["dog", "ape"])
    assert data.variables["c"] == Variable(classes=2, labels=("dog", "ape"))
    assert test(data) == [(203, 0), (1, 1)]
    assert train(data) == [(200, 0), (201, 0), (202, 0), (0, 1)]


def test_without_held_out_the_first_stand_in(root):
    data = prepared(root, held_out=0)
    assert len(data) == 9
    assert test(data) == [(0, 0), (100, 1), (200, 2)]


def test_a_broken_image_keeps_the_label_of_the_one_in_its_place(root):
    (root / "ape" / "z" / "1.png").write_bytes(b"no picture")
    data = prepared(root, held_out=0, unreadable="skip")
    with pytest.warns(UserWarning, match=r"1\.png"):
        found = train(data)
    assert found[:3] == [(0, 0), (100, 1), (100, 1)]


def test_samples_are_as_declared(root):
    sample = prepared(root).train_sample(0, np.random.default_rng(0))
    assert (sample["y"].shape, sample["y"].dtype) == ((1, 8, 8), torch.float32)
    assert (sample["c"].shape, sample["c"].dtype) == ((), torch.int64)


@pytest.mark.parametrize(
    ("classes", "settings", "message"),
    [
        (2, {}, "data.classes is 2, and the folders in "),
        (2, {}, " are 3 (ape, cat, dog)"),
        (["cat", "doge"], {}, "data.classes: there is no folder 'doge' in "),
        (3, {"held_out": 2}, "data.held_out is 2, and 'ape' has no more than 2 images"),
    ],
)
def test_what_the_disk_says_otherwise(root, classes, settings, message):
    with pytest.raises(DataError, match=re.escape(message)):
        len(prepared(root, classes, **settings))


@pytest.mark.case("A3")
def test_what_stands_in_is_called_trained_on(root):
    assert prepared(root).trained_on() == frozenset()
    assert prepared(root, held_out=0).trained_on() == {"y", "c"}


@pytest.mark.case("A3")
def test_images_to_test_on_are_enough_to_test(root):
    data = prepared(root, held_out=3)
    assert test(data) == [
        (0, 0),
        (100, 1),
        (201, 2),
        (1, 0),
        (101, 1),
        (202, 2),
        (102, 1),
        (203, 2),
    ]


def test_a_root_must_be_given():
    with pytest.raises(DataError, match=r"data\.root is not set"):
        ClassFolders(2).prepare()


@pytest.mark.parametrize(
    ("classes", "settings"),
    [(0, {}), ([], {}), (["a", "a"], {}), (["a/b"], {}), ([""], {}), (2, {"held_out": -1})],
)
def test_settings_that_make_no_sense(classes, settings):
    with pytest.raises(ValueError, match=r"classes|held_out"):
        ClassFolders(classes, "x", **settings)


@pytest.mark.case("A13", "C6", "C7")
def test_classes_are_counted_together_and_told_apart(root):
    data = prepared(root)
    assert data.summary() == "6 images of 3 classes, 3 held out"
    before = data.fingerprint()
    assert [before[f"classes.{name}"]["images"] for name in ("ape", "cat", "dog")] == [2, 3, 4]
    moved = root.with_name("moved")
    root.rename(moved)
    assert prepared(moved).fingerprint() == before
    (moved / "cat").rename(moved / "ant")
    assert prepared(moved).fingerprint() != before
