from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from ganzoo.components.data import streets
from ganzoo.components.data.picture_cache import PictureCache
from ganzoo.components.data.street_photo import OVERSAMPLING, street_scene
from ganzoo.components.data.streets import CLASSES, HELD_OUT, LABELS, PALETTE, Streets
from ganzoo.engine.loader import TrainingSamples
from ganzoo.interfaces import Variable

# Pixels of each class, and the mean green of 16 x 16 px blocks, of the look that was agreed on
# (64 px; an independent drawing of the same scenes).
AGREED = {
    0: (
        [1360, 379, 384, 1045, 672, 134, 122],
        [
            [121.1, 111.2, 117.1, 116.1],
            [116.5, 142.3, 117.1, 103.6],
            [114.9, 111.8, 114.4, 118.6],
            [103.5, 87.1, 69.8, 107.8],
        ],
        [123.01, 110.79, 108.2],
    ),
    7: (
        [1436, 547, 0, 740, 1016, 121, 236],
        [
            [144.6, 139.4, 135.7, 132.8],
            [163.2, 127.1, 173.4, 144.0],
            [144.9, 122.1, 106.9, 131.5],
            [110.6, 89.1, 84.6, 92.8],
        ],
        [132.18, 127.68, 135.84],
    ),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    return tmp_path


def digest(seed: int, height: int = 24, width: int = 32) -> str:
    photo, labels = street_scene(seed, height, width)
    return hashlib.sha256(photo.tobytes() + labels.tobytes()).hexdigest()


def levels(image: torch.Tensor) -> torch.Tensor:
    return ((image + 1) * 127.5).round().to(torch.uint8)


def classes(image: torch.Tensor) -> torch.Tensor:
    """The class of each pixel of a label map (3, H, W); fails on a colour of no class."""
    matches = (levels(image)[None] == torch.from_numpy(PALETTE)[:, :, None, None]).all(1)
    assert (matches.sum(0) == 1).all()
    return matches.int().argmax(0)


def test_palette_and_classes() -> None:
    assert PALETTE.shape == (7, 3)
    assert PALETTE.dtype == np.uint8
    assert CLASSES == ("sky", "building", "vegetation", "pavement", "road", "car", "window")
    assert PALETTE[CLASSES.index("road")].tolist() == [128, 64, 128]


@pytest.mark.parametrize("seed", AGREED)
def test_the_look_is_kept(seed: int) -> None:
    counts, blocks, mean = AGREED[seed]
    photo, labels = street_scene(seed, 64, 64)
    assert np.bincount(labels.ravel(), minlength=7).tolist() == counts
    green = photo[..., 1].reshape(4, 16, 4, 16).mean((1, 3))
    np.testing.assert_allclose(green, blocks, atol=0.3)
    np.testing.assert_allclose(photo.mean((0, 1)), mean, atol=0.1)


def test_photo_shows_what_the_labels_say() -> None:
    """Over many scenes, the classes have their colours: a shifted label map would fail."""
    scenes = [street_scene(seed, 48, 48) for seed in range(30)]
    photos = np.concatenate([photo.reshape(-1, 3) for photo, _ in scenes]).astype(float)
    labels = np.concatenate([labels.ravel() for _, labels in scenes])
    colour = {name: photos[labels == number].mean(0) for number, name in enumerate(CLASSES)}
    assert colour["vegetation"][1] > colour["vegetation"][[0, 2]].max() + 10
    assert np.ptp(colour["road"]) < 20
    assert colour["sky"].mean() > colour["road"].mean() + 30
    assert colour["window"].mean() < colour["building"].mean() - 20


@pytest.mark.parametrize(("height", "width"), [(8, 8), (48, 96), (96, 40), (33, 65)])
def test_any_size(height: int, width: int) -> None:
    for seed in range(12):
        photo, labels = street_scene(seed, height, width)
        assert photo.shape == (height, width, 3)
        assert labels.shape == (height, width)
        assert labels.max() < len(CLASSES)
        assert {0, 3, 4} <= set(labels.ravel())


def test_the_same_in_another_process() -> None:
    code = (
        "import sys, runpy; sys.path[:0] = [sys.argv[1]];"
        "t = runpy.run_path(sys.argv[2]); print(t['digest'](5), t['digest'](6))"
    )
    root = Path(streets.__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "123"}
    command = [sys.executable, "-c", code, str(root), __file__]
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.split() == [digest(5), digest(6)]
    assert digest(5) != digest(6)


def test_scenes_do_not_depend_on_global_chance() -> None:
    np.random.seed(1)
    first = digest(9)
    np.random.seed(2)
    assert digest(9) == first


def test_declared_and_made_shapes_agree() -> None:
    data = Streets(size=[16, 24], count=3, held_out=2)
    data.prepare()
    assert data.variables == {"x": Variable(3, (16, 24)), "y": Variable(3, (16, 24))}
    for sample in (data.train_sample(0, np.random.default_rng(0)), data.test_sample(0)):
        for name, image in sample.items():
            assert image.shape == data.variables[name].shape
            assert image.dtype == torch.float32
            assert image.abs().max() <= 1
    assert (len(data), data.test_count()) == (3, 2)


def test_held_out_samples_are_exact_pairs() -> None:
    assert Streets.paired
    data = Streets(size=32, held_out=4)
    for index in range(4):
        photo, labels = street_scene(HELD_OUT + index, 32, 32)
        sample = data.test_sample(index)
        assert torch.equal(levels(sample["x"]).permute(1, 2, 0), torch.from_numpy(photo))
        assert torch.equal(classes(sample["y"]), torch.from_numpy(labels).long())
        palette = torch.from_numpy(PALETTE) / 127.5 - 1
        assert torch.equal(sample["y"], palette[torch.from_numpy(labels).long()].permute(2, 0, 1))


def seeds_asked_for(data: Streets, samples: int) -> set[int]:
    asked: set[int] = set()
    data.scenes.draw = lambda seed: asked.add(seed) or np.zeros((8, 8, 4), np.uint8)  # type: ignore[func-returns-value]
    data.labels.draw = lambda seed: asked.add(seed) or np.zeros((8, 8), np.uint8)  # type: ignore[func-returns-value]
    rng = np.random.default_rng(0)
    for index in range(samples):
        data.train_sample(index % len(data), rng)
    return asked


def test_domains_come_from_different_scenes() -> None:
    asked = seeds_asked_for(Streets(size=8, count=5), 60)
    assert asked == {*range(5), *range(LABELS, LABELS + 5)}


def test_labels_drawn_alone_are_the_scenes_labels(cache: Path) -> None:
    data = Streets(size=[24, 40], count=3)
    for number in range(LABELS, LABELS + 3):
        assert np.array_equal(data.labels.get(number), street_scene(number, 24, 40)[1])
    assert not list(cache.rglob("*.png"))  # drawn as fast as a file is read


def test_paired_training_pairs() -> None:
    assert seeds_asked_for(Streets(size=8, count=5, paired=True), 10) == set(range(5))
    data = Streets(size=32, count=4, paired=True)
    mirrored = 0
    for seed in range(16):
        sample = data.train_sample(seed % 4, np.random.default_rng(seed))
        photo, labels = (torch.from_numpy(part) for part in street_scene(seed % 4, 32, 32))
        flipped = not torch.equal(levels(sample["x"]).permute(1, 2, 0), photo)
        mirrored += flipped
        seen = sample["x"].flip(-1) if flipped else sample["x"]
        assert torch.equal(levels(seen).permute(1, 2, 0), photo)
        assert torch.equal(classes(sample["y"]), (labels.flip(-1) if flipped else labels).long())
    assert 2 < mirrored < 14


def test_unpaired_photos_and_labels_are_mirrored_apart() -> None:
    data = Streets(size=8, count=1)
    plain = data.train_sample(0, np.random.default_rng(0))
    kinds = set()
    for seed in range(40):
        sample = data.train_sample(0, np.random.default_rng(seed))
        kinds.add(tuple(torch.equal(sample[name], plain[name]) for name in ("x", "y")))
    assert len(kinds) == 4
    still = Streets(size=8, count=1, flip=False)
    first = still.train_sample(0, np.random.default_rng(0))["x"]
    for seed in range(10):
        assert torch.equal(still.train_sample(0, np.random.default_rng(seed))["x"], first)


def test_cached_scenes_are_the_drawn_ones(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Streets(size=16).test_sample(3)
    (file,) = cache.rglob("*.png")
    assert file.parent.name == "streets-1-16x16"

    def never(seed: int) -> None:
        raise AssertionError("drawn again")

    again = Streets(size=16)
    monkeypatch.setattr(again.scenes, "draw", never)
    second = again.test_sample(3)
    assert all(torch.equal(first[name], second[name]) for name in first)
    file.write_bytes(file.read_bytes()[:100])
    third = Streets(size=16).test_sample(3)
    assert all(torch.equal(first[name], third[name]) for name in first)


def test_spawned_workers_see_the_same(cache: Path) -> None:
    data = Streets(size=16, count=4)
    copy = pickle.loads(pickle.dumps(data))
    assert isinstance(copy.scenes, PictureCache)
    keys = [(0, index) for index in range(4)]
    loader = DataLoader(
        TrainingSamples(data, 0), 2, sampler=keys, num_workers=1, multiprocessing_context="spawn"
    )
    batches = [batch["x"] for batch in loader]
    expected = [TrainingSamples(copy, 0)[key]["x"] for key in keys]
    assert torch.equal(torch.cat(batches), torch.stack(expected))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 7}, "size must be at least 8"),
        ({"size": [8, 8, 8]}, "size must be"),
        ({"count": 0}, "count must be 1"),
        ({"count": 10**6 + 1}, "count must be"),
        ({"held_out": 0}, "held_out must be 1"),
    ],
)
def test_wrong_settings(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Streets(**settings)  # type: ignore[arg-type]


def test_oversampling_smooths_the_photo_not_the_labels() -> None:
    assert OVERSAMPLING > 1
    photo, labels = street_scene(0, 64, 64)
    assert len(np.unique(labels)) == 7
    assert len(np.unique(photo.reshape(-1, 3), axis=0)) > 1000
