"""Which images become what. Image i of a test folder is flat gray of the level 100 + i."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from ganzoo.errors import DataError
from PIL import Image

from ganzoo_denoise.clean_noisy import CleanNoisy
from ganzoo_denoise.split import shuffled


def prepared(**settings) -> CleanNoisy:
    data = CleanNoisy(**{"size": 16, **settings})
    data.prepare()
    return data


def train(data: CleanNoisy, index: int, seed: int = 0) -> dict[str, torch.Tensor]:
    return data.train_sample(index, np.random.default_rng(seed))


def level(image: torch.Tensor) -> int:
    """Which flat image this is, noisy or not."""
    return round((image.mean().item() + 1) * 127.5)


def seen(data: CleanNoisy, name: str) -> set[int]:
    keys = [(i, 100 * i + turn) for i in range(len(data)) for turn in range(20)]
    return {level(train(data, index, seed)[name]) for index, seed in keys}


def held_out(data: CleanNoisy) -> set[int]:
    return {level(data.test_sample(i)["y"]) for i in range(data.test_count())}


def test_halves_and_held_out_images_share_nothing_and_miss_nothing(folder):
    data = prepared(clean=folder("clean", 21), level=0.001, held_out=0.2)
    x, y, test = seen(data, "x"), seen(data, "y"), held_out(data)
    assert (len(x), len(y), len(test)) == (8, 9, 4)
    assert x | y | test == set(range(100, 121))
    assert len(data) == 9
    assert data.paired


def test_the_seed_and_the_names_choose_the_halves_and_not_the_place(folder):
    first, moved = folder("one/photos", 12), folder("two", 12)
    assert seen(prepared(clean=first, level=0.001), "x") == seen(
        prepared(clean=moved, level=0.001), "x"
    )
    others = [seen(prepared(clean=first, level=0.001, seed=s), "x") for s in range(4)]
    assert len(set(map(frozenset, others))) > 1


def test_one_more_image_changes_the_order_of_no_others():
    files = {f"{i}.png": Path(f"{i}.png") for i in range(50)}
    more = {**files, "new.png": Path("new.png")}
    order = [path for path in shuffled(more, 3) if path.name != "new.png"]
    assert order == shuffled(files, 3)
    assert order != sorted(order)


def test_held_out_pairs_are_exact_and_always_the_same(folder):
    data = prepared(clean=folder("clean", 30), level=0.05)
    again = prepared(clean=folder("clean", 30), level=0.05)
    noises = []
    for i in range(data.test_count()):
        sample, same = data.test_sample(i), again.test_sample(i)
        assert torch.equal(sample["x"], same["x"])
        assert torch.equal(sample["y"], same["y"])
        assert sample["y"].min() == sample["y"].max()
        noises.append(sample["x"] - sample["y"])
        assert noises[-1].std().item() == pytest.approx(0.1, rel=0.1)
    assert len(noises) == 3
    assert (noises[0] - noises[1]).abs().mean() > 0.05


def test_all_chance_comes_from_the_given_generator(folder):
    data = prepared(clean=folder("clean", 9, side=40), noise="poisson")
    copy = pickle.loads(pickle.dumps(data))  # as a loader's worker gets it
    torch.manual_seed(1)
    np.random.seed(1)
    first = train(data, 0, seed=7)
    torch.manual_seed(2)
    np.random.seed(2)
    assert all(torch.equal(first[name], train(copy, 0, seed=7)[name]) for name in "xy")
    assert not torch.equal(first["x"], train(data, 0, seed=8)["x"])


def test_a_sample_is_a_crop_without_resizing_mirrored_half_of_the_time(tmp_path):
    picture = np.random.default_rng(0).integers(256, size=(40, 50))
    for name in ("a", "b", "c"):
        Image.fromarray(picture.astype(np.uint8)).save(tmp_path / f"{name}.png")
    windows = {}
    for top in range(40 - 8 + 1):
        for left in range(50 - 12 + 1):
            window = picture[top : top + 8, left : left + 12]
            windows[window.tobytes()] = (top, left, False)
            windows[np.ascontiguousarray(window[:, ::-1]).tobytes()] = (top, left, True)
    data = prepared(clean=str(tmp_path), size=[8, 12], channels=1)
    found = [windows[_levels(train(data, 0, seed)["y"])] for seed in range(200)]
    assert {place[0] for place in found} >= {0, 32}
    assert {place[1] for place in found} >= {0, 38}
    assert 70 < sum(mirrored for *_, mirrored in found) < 130
    assert windows[_levels(data.test_sample(0)["y"])] == (16, 19, False)
    unflipped = prepared(clean=str(tmp_path), size=[8, 12], channels=1, flip=False)
    assert not any(windows[_levels(train(unflipped, 0, seed)["y"])][2] for seed in range(20))


def _levels(image: torch.Tensor) -> bytes:
    return ((image[0] + 1) * 127.5).round().long().numpy().tobytes()


def test_each_side_says_how_many_images_are_held_out(folder):
    data = prepared(clean=folder("clean", 20), noisy=folder("noisy", 60, first=100))
    assert data.test_counts() == {"x": 6, "y": 2}
    held = [{name: level(image) for name, image in data.test_sample(i).items()} for i in range(6)]
    assert [len({sample[name] for sample in held}) for name in "xy"] == [6, 2]
    pairs = prepared(clean=folder("other", 20))
    assert pairs.test_counts() == {"x": 2, "y": 2}


def test_two_folders_are_used_as_they_are_and_have_no_pairs(folder):
    data = prepared(clean=folder("clean", 10), noisy=folder("noisy", 5, first=200))
    assert not data.paired
    sample = train(data, 0)
    assert all(image.min() == image.max() for image in sample.values())  # nothing was added
    held = data.test_sample(0)
    assert (data.test_count(), len(data)) == (1, 9)
    assert len(seen(data, "x")) == 4
    assert seen(data, "x") | {level(held["x"])} == set(range(200, 205))
    assert seen(data, "y") | {level(held["y"])} == set(range(100, 110))


def test_a_test_folder_gives_pairs_and_leaves_the_others_whole(folder):
    folders = {"clean": folder("clean", 4), "test": folder("test", 3, first=50)}
    one = prepared(**folders, level=0.001)
    two = prepared(**folders, level=0.001, noisy=folder("noisy", 5, first=200))
    assert one.paired
    assert two.paired
    assert (len(seen(one, "x")), len(seen(one, "y"))) == (2, 2)
    assert (len(seen(two, "x")), len(seen(two, "y"))) == (5, 4)
    for data in (one, two):
        assert held_out(data) == {50, 51, 52}
        assert all(data.test_sample(i)["x"].std() > 0 for i in range(3))


def test_channels_size_and_resize(folder):
    data = prepared(clean=folder("clean", 3, side=10), channels=1, size=[12, 20], resize=24)
    for sample in (train(data, 0), data.test_sample(0)):
        assert {image.shape for image in sample.values()} == {(1, 12, 20)}
    assert {variable.shape for variable in data.variables.values()} == {(1, 12, 20)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": 4}, "channels must be 1"),
        ({"size": 0}, "size must be"),
        ({"size": 64, "resize": 32}, "resize must be at least size"),
        ({"held_out": 0.0}, "between 0 and 1"),
        ({"held_out": 1.0}, "between 0 and 1"),
        ({"seed": -1}, "seed is -1"),
        ({"level": 25.0}, "fraction of the range"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        CleanNoisy(**settings)


def test_folders_that_cannot_be_used(folder, tmp_path):
    clean, few = folder("clean", 6), folder("few", 2)
    (tmp_path / "empty").mkdir()
    for settings, message in [
        ({}, "data.clean is not set: --set data.clean=FOLDER"),
        ({"clean": str(tmp_path / "gone")}, "data.clean: .*gone does not exist"),
        ({"clean": f"{clean}/00.png"}, "is a file, not a folder"),
        ({"clean": str(tmp_path / "empty")}, "no images in"),
        ({"clean": clean, "test": "gone"}, "data.test: gone does not exist"),
        ({"clean": few}, "data.clean: it has 2 images, and 3 are the least"),
        ({"clean": folder("single", 1), "test": clean}, "one for each half"),
        ({"clean": clean, "noisy": folder("lone", 1)}, "data.noisy: it has 1 image, and 2 are"),
        ({"clean": clean, "noisy": clean}, "data.noisy: .*00.png is in data.clean too"),
        ({"clean": str(tmp_path), "test": few}, "data.test: .*few.* is in data.clean too"),
    ]:
        with pytest.raises(DataError, match=message):
            prepared(**settings)


def test_images_that_cannot_be_used(folder, tmp_path):
    small = prepared(clean=folder("small", 3, side=15))
    with pytest.raises(DataError, match=r"17 x 15 px, less than the 16 x 16 .* data\.resize"):
        train(small, 0)
    broken = folder("broken", 3)
    for path in (tmp_path / "broken").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken.*\.png cannot be read"):
        train(prepared(clean=broken), 0)


@pytest.mark.case("A13", "C6", "C7", "C10")
def test_what_is_there_is_counted_told_apart_and_looked_at(folder, tmp_path):
    root = Path(folder("clean", 21))
    (root / "a.tga").touch()
    data = prepared(clean=str(root), held_out=0.2)
    told = "8 images to be made noisy + 9 clean, 4 held out, 1 left out: 1 .tga"
    assert data.summary() == told
    assert data.test_counts() == {"x": 4, "y": 4}
    assert data.inspect() == []
    before = data.fingerprint()
    moved = root.rename(tmp_path / "moved")
    assert prepared(clean=str(moved), held_out=0.2).fingerprint() == before
    first = next(path for path in moved.rglob("*") if path.suffix != ".tga" and path.is_file())
    first.write_bytes(b"broken")
    again = prepared(clean=str(moved), held_out=0.2)
    assert again.fingerprint() != before
    with pytest.raises(DataError, match=f"{first.name} cannot be read"):
        again.inspect()
