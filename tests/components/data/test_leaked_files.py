"""Test images that are training images as well are said in one sentence."""

from __future__ import annotations

import pytest
from PIL import Image

from ganzoo.components.data import leaked_files
from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.leaked_files import find_leaks
from ganzoo.components.data.paired_folders import PairedFolders


def write(path, seed, side=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = Image.effect_noise((side, side), 40 + seed).convert("RGB")
    noise.save(path)
    return path


@pytest.fixture
def root(tmp_path):
    for number, name in enumerate(("trainA", "trainB", "testA", "testB")):
        for seed in range(4):
            write(tmp_path / name / f"{name}{seed}.png", 10 * number + seed)
    return tmp_path


def told(data):
    data.prepare()
    return data.inspect(), data.inspect_tests()


def test_no_leak_is_said_where_there_is_none(root):
    assert told(Folders(root=str(root), size=32)) == ([], [])


def test_the_same_file_under_another_name_is_said(root):
    (root / "testB" / "copy.png").write_bytes((root / "trainB" / "trainB2.png").read_bytes())
    sentence = (
        "1 of 5 test images of y are training images as well (testB/copy.png = "
        "trainB/trainB2.png), so scores on them say little of new images; remove one of each"
    )
    assert told(Folders(root=str(root), size=32)) == ([sentence], [sentence])


def test_pairs_and_classes_say_it(tmp_path):
    for number, folder in enumerate(("train/A", "train/B", "test/A", "test/B")):
        for seed in range(3):
            write(tmp_path / folder / f"{seed}.png", 10 * number + seed)
    (tmp_path / "test" / "A" / "2.png").write_bytes((tmp_path / "train/A/1.png").read_bytes())
    pairs = PairedFolders(
        root=str(tmp_path), layout="folders", x="train/A", y="train/B", test_x="test/A",
        test_y="test/B", size=32,
    )  # fmt: skip
    [sentence] = told(pairs)[0]
    assert sentence.startswith("1 of 3 test images of x are training images as well (A/2.png = A/1")
    classes = ClassFolders(root=str(tmp_path / "train"), classes=["A", "B"], size=32)
    (tmp_path / "train" / "B" / "9.png").write_bytes((tmp_path / "train/A/0.png").read_bytes())
    [sentence] = told(classes)[0]
    assert "(B/9.png = A/0.png)" in sentence


def test_training_images_that_stand_in_are_no_leak(root):
    for name in ("testA", "testB"):
        for path in (root / name).iterdir():
            path.unlink()
        (root / name).rmdir()
    assert told(Folders(root=str(root), size=32)) == ([], [])


def test_few_files_are_read_whole(tmp_path, monkeypatch):
    """Files of equal size that differ in the middle are told apart by a few bytes."""
    size = 3 * leaked_files.GLANCE
    training = [tmp_path / f"a{n}" for n in range(5)]
    for number, path in enumerate(training):
        path.write_bytes(bytes([number]) * size)
    tests = [tmp_path / "b0", tmp_path / "b1", tmp_path / "b2"]
    tests[0].write_bytes(bytes([9]) * size)
    tests[1].write_bytes(bytes([2]) * size)
    tests[2].write_bytes(bytes([3]) * (size - 1) + b"x")  # equal but for its end
    whole = []
    monkeypatch.setattr(
        leaked_files, "hash_if_readable", lambda path: whole.append(path) or path.read_bytes()
    )
    assert find_leaks(training, tests) == [(tests[1], training[2])]
    assert set(whole) == {tests[1], tests[2], training[2], training[3]}


def test_files_that_cannot_be_read_are_passed_over(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "folder").mkdir()
    gone = tmp_path / "gone"
    assert find_leaks([tmp_path / "a", gone], [gone, tmp_path / "folder"]) == []
