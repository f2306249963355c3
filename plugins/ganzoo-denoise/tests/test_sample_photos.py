"""scikit-image's photos: which pixel is used for what."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from ganzoo.errors import DataError
from PIL import Image

from ganzoo_denoise import sample_photos
from ganzoo_denoise.sample_photos import FILES, SamplePhotos, tiles


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Photos (20, 34) in place of scikit-image's: red tells photo, green row, blue column."""
    for number, file in enumerate(FILES.values()):
        rows, columns = np.mgrid[:20, :34]
        pixels = np.stack([np.full_like(rows, 30 * number), rows, columns], -1)
        Image.fromarray(pixels.astype(np.uint8)).save((tmp_path / file).with_suffix(".png"))
    files = {name: Path(file).with_suffix(".png").name for name, file in FILES.items()}
    monkeypatch.setattr(sample_photos, "FILES", files)
    monkeypatch.setattr(sample_photos, "_folder", lambda: tmp_path)
    return list(FILES)


def prepared(**settings) -> SamplePhotos:
    data = SamplePhotos(**{"size": 8, "tile": 8, "level": 1e-6, **settings})
    data.prepare()
    return data


def places(image: torch.Tensor) -> set[tuple[int, int, int]]:
    """(photo, row, column) of every pixel."""
    levels = ((image + 1) * 127.5).round().long()
    return {(r // 30, g, b) for r, g, b in levels.flatten(1).T.tolist()}


def seen(data: SamplePhotos, name: str) -> set[tuple[int, int, int]]:
    samples = [data.train_sample(i, np.random.default_rng([i, 1])) for i in range(300)]
    return set().union(*(places(sample[name]) for sample in samples))


@pytest.mark.parametrize("seed", [0, 1])
def test_one_half_of_each_photo_is_noisy_the_other_clean_and_some_are_held_out(marked, seed):
    data = prepared(held_out=("coffee", "ihc"), seed=seed)
    x, y = seen(data, "x"), seen(data, "y")
    test = set().union(*(places(data.test_sample(i)["y"]) for i in range(data.test_count())))
    assert not x & y
    kept = [number for number, name in enumerate(marked) if name not in ("coffee", "ihc")]
    assert {photo for photo, *_ in x} == {photo for photo, *_ in y} == set(kept)
    assert {photo for photo, *_ in test} == {2, 4}
    for turn, photo in enumerate(kept):
        right = {column >= 17 for number, _, column in x if number == photo}
        assert right == {(turn + seed) % 2 == 1}
    assert len(x | y) > 0.95 * 6 * 20 * 34  # crops come from everywhere


def test_tiles_lie_around_the_middle_and_do_not_overlap():
    photo = torch.arange(3 * 20 * 34).view(3, 20, 34)
    found = tiles(photo, (8, 10))
    assert len(found) == 2 * 3
    assert torch.equal(found[0], photo[:, 2:10, 2:12])
    assert torch.equal(found[-1], photo[:, 10:18, 22:32])


def test_held_out_pairs_are_exact_and_always_the_same(marked):
    data, again = prepared(level=0.05, tile=[16, 20]), prepared(level=0.05, tile=[16, 20])
    assert data.test_count() == 2
    assert data.paired
    noises = []
    for i in range(2):
        sample = data.test_sample(i)
        assert sample["x"].shape == sample["y"].shape == (3, 16, 20)
        assert torch.equal(sample["x"], again.test_sample(i)["x"])
        noises.append((sample["x"] - sample["y"])[0])
    assert not torch.equal(noises[0], noises[1])
    other = prepared(level=0.05, tile=[16, 20], seed=1).test_sample(0)
    assert not torch.equal(other["x"], data.test_sample(0)["x"])


def test_all_chance_comes_from_the_given_generator(marked):
    data = prepared(level=0.1)
    copy = pickle.loads(pickle.dumps(data))  # as a loader's worker gets it
    torch.manual_seed(1)
    first = data.train_sample(3, np.random.default_rng(7))
    torch.manual_seed(2)
    again = copy.train_sample(3, np.random.default_rng(7))
    assert all(torch.equal(first[name], again[name]) for name in "xy")
    other = data.train_sample(3, np.random.default_rng(8))
    assert not torch.equal(first["x"], other["x"])


def test_half_of_the_crops_are_mirrored(marked):
    def mirrored(**settings) -> int:
        data = prepared(**settings)
        samples = [data.train_sample(i, np.random.default_rng(i))["y"] for i in range(200)]
        return sum(bool(y[2, 0, 0] > y[2, 0, 1]) for y in samples)

    assert 70 < mirrored() < 130
    assert mirrored(flip=False) == 0


def test_variables_and_length_are_known_without_looking():
    data = SamplePhotos(size=[12, 20], count=7)
    assert {variable.shape for variable in data.variables.values()} == {(3, 12, 20)}
    assert len(data) == 7


def test_a_size_that_does_not_fit(marked):
    with pytest.raises(DataError, match=r"data\.size: 8 x 18 px do not fit .* 20 x 17 px do"):
        prepared(size=[8, 18])
    with pytest.raises(DataError, match=r"data\.tile: 21 x 21 px do not fit .* 20 x 34 px do"):
        prepared(tile=21)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "count is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"size": 0}, "size must be"),
        ({"tile": 0}, "tile must be"),
        ({"level": 25.0}, "fraction of the range"),
        ({"held_out": ()}, "1 to 7 photos, each once"),
        ({"held_out": ("coffee", "coffee")}, "1 to 7 photos, each once"),
        ({"held_out": tuple(FILES)}, "1 to 7 photos, each once"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        SamplePhotos(**settings)


def test_the_real_photos_are_there():
    pytest.importorskip("skimage")
    data = SamplePhotos()
    data.prepare()
    assert data.test_count() == 8  # chelsea, 300 x 451: 1 x 2; coffee, 400 x 600: 2 x 3
    sample = data.train_sample(0, np.random.default_rng(0))
    assert {image.shape for image in sample.values()} == {(3, 48, 48)}
    assert all(data.test_sample(i)["y"].std() > 0.05 for i in range(8))
