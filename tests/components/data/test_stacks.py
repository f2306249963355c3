"""Files of several pages: images of their own, channels of one image, slices of a volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.data import pages
from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.image_files import open_regions, read_header, read_image
from ganzoo.components.data.in_memory import read_picture
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

RNG = np.random.default_rng


def stack(path: Path, count: int, size: tuple[int, int] = (9, 12), first: int = 0) -> Path:
    """A TIFF of pages of one gray level each: 10, 20, 30 ... above `first`."""
    levels = np.arange(1, count + 1, dtype=np.uint8) * 10 + first
    values = np.broadcast_to(levels[:, None, None], (count, *size))
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, values, photometric="minisblack")
    return path


def level(image: Tensor) -> int:
    assert image.min() == image.max()
    return round((image.flatten()[0].item() + 1) * 127.5)


def test_each_page(tmp_path: Path) -> None:
    values = RNG(0).integers(0, 256, (4, 6, 7), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    each = Variable(1, pages="each")
    for page in range(4):
        assert read_image(tmp_path / "a.tif", each, page)[0].tolist() == values[page].tolist()
    with pytest.raises(DataError, match="it has no page 5"):
        read_image(tmp_path / "a.tif", each, 4)


def test_frames_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 4), (10 * i, 0, 200)) for i in range(3)]
    path = tmp_path / "a.png"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    for page in range(3):
        frame = read_image(path, Variable(pages="each"), page)
        assert frame[:, 0, 0].tolist() == [10 * page, 0, 200]


@pytest.mark.parametrize("bands", [1, 3])
def test_channels_and_depth_by_hand(tmp_path: Path, bands: int) -> None:
    shape = (5, 6, 7) if bands == 1 else (5, 6, 7, 3)
    values = RNG(1).integers(0, 65536, shape, dtype=np.uint16)
    kind = "minisblack" if bands == 1 else "rgb"
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=kind)
    exact = torch.from_numpy(values.astype(np.float32)).view(5, 6, 7, bands) * (255 / 65535)
    joined = read_image(tmp_path / "a.tif", Variable(5 * bands, pages="channels"))
    torch.testing.assert_close(joined.view(5, bands, 6, 7), exact.permute(0, 3, 1, 2))
    volume = read_image(tmp_path / "a.tif", Variable(bands, pages="depth", depth=3))
    torch.testing.assert_close(volume, exact.permute(3, 0, 1, 2))


def test_gray_slices_become_rgb_and_a_range_is_applied(tmp_path: Path) -> None:
    values = RNG(2).integers(-1000, 1000, (3, 4, 5), dtype=np.int16)
    tifffile.imwrite(tmp_path / "ct.tif", values, photometric="minisblack")
    variable = Variable(3, pages="depth", depth=2, range=(-1000.0, 1000.0))
    volume = read_image(tmp_path / "ct.tif", variable)
    exact = (torch.from_numpy(values.astype(np.float32)) + 1000) * (255 / 2000)
    torch.testing.assert_close(volume, exact.expand(3, 3, 4, 5))


@pytest.mark.parametrize("joined", ["channels", "depth"])
def test_regions_are_of_all_pages(tmp_path: Path, joined: str) -> None:
    values = RNG(3).integers(0, 256, (4, 20, 30), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    variable = Variable(4 if joined == "channels" else 1, pages=joined, depth=2)
    whole = read_image(tmp_path / "a.tif", variable)
    with open_regions(tmp_path / "a.tif", variable) as regions:
        assert regions is not None
        part = regions.read((3, 5, 8, 11))
    assert torch.equal(part, whole[..., 3:11, 5:16])


def test_files_that_are_no_such_thing_are_refused(tmp_path: Path, monkeypatch) -> None:
    five, flat = stack(tmp_path / "five.tif", 5), stack(tmp_path / "flat.tif", 1)
    with pytest.raises(DataError, match="5 pages have together 5 channels, and channels = 3"):
        read_header(five, Variable(3, pages="channels"))
    with pytest.raises(DataError, match=r"flat\.tif cannot be read: it is a flat image, and pages"):
        read_header(flat, Variable(1, pages="depth", depth=2))
    monkeypatch.setattr(pages, "MOST_PAGES", 4)
    with pytest.raises(DataError, match="it has 5 pages; 4 are read at most"):
        read_header(five, Variable(1, pages="each"))
    monkeypatch.setattr(pages, "MOST_VALUES", 5 * 9 * 12 - 1)
    with pytest.raises(DataError, match="its 5 pages have more than 539 values together"):
        read_image(five, Variable(1, pages="depth", depth=2))
    assert read_image(five, Variable(1)).shape == (1, 9, 12)


def test_a_volume_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "body.npy"
    np.save(path, RNG(0).integers(0, 256, (6, 20, 21), dtype=np.uint8))
    with pytest.raises(DataError, match="it is a volume of 6 slices, of which pages = 'first'"):
        read_image(path, Variable(1))
    assert read_image(path, Variable(1, pages="depth", depth=2)).shape == (1, 6, 20, 21)


def test_a_stack_of_images_is_no_picture_in_python(tmp_path: Path) -> None:
    path = stack(tmp_path / "a.tif", 3)
    with pytest.raises(ValueError, match="holds 3 images: give one of them as an array"):
        read_picture(path, Variable(1, pages="each"))
    assert read_picture(stack(path, 1), Variable(1, pages="each")).shape == (1, 9, 12)


def test_the_warning_names_the_setting_that_reads_them(tmp_path: Path) -> None:
    for folder in ("trainA", "trainB"):
        stack(tmp_path / folder / "s.tif", 3)
    warnings = prepared(Folders, tmp_path).inspect()
    assert "the first is read" in warnings[0]
    assert "data.pages = 'each', 'channels' or 'depth' reads them" in warnings[0]
    assert prepared(Folders, tmp_path, pages="each").inspect() == []


def prepared(kind, root: Path, **settings):
    data = kind(root=str(root), **{"size": 8, "channels": 1, "flip": False, **settings})
    data.prepare()
    return data


def test_every_page_is_trained_on_and_tested(tmp_path: Path) -> None:
    stack(tmp_path / "trainA" / "a.tif", 3)
    stack(tmp_path / "trainA" / "b.tif", 2, first=100)
    stack(tmp_path / "trainB" / "c.tif", 1, first=200)
    stack(tmp_path / "testA" / "d.tif", 4, first=50)
    stack(tmp_path / "testB" / "e.tif", 2, first=150)
    data = prepared(Folders, tmp_path, pages="each", cache=0)
    assert len(data) == 5
    shown = [level(data.train_sample(i, RNG(0))["x"]) for i in range(5)]
    assert shown == [10, 20, 30, 110, 120]
    assert data.test_counts() == {"x": 4, "y": 2}
    tested = [data.test_sample(i) for i in range(4)]
    assert [level(each["x"]) for each in tested] == [60, 70, 80, 90]
    assert [level(each["y"]) for each in tested] == [160, 170, 160, 170]
    some = prepared(Folders, tmp_path, pages={"x": "each"}, cache=0)
    assert some.test_counts() == {"x": 4, "y": 1}


def test_pages_are_cached_each_by_itself(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("ganzoo.components.data.image_cache.RECENT", 0)
    stack(tmp_path / "trainA" / "a.tif", 3)
    stack(tmp_path / "trainB" / "b.tif", 5)
    each = {"pages": {"x": "each", "y": "depth"}, "depth": 4}
    for _ in range(2):
        data = prepared(Folders, tmp_path, **each)
        assert [level(data.test_sample(i)["x"]) for i in range(3)] == [10, 20, 30]
        volume = data.test_sample(0)["y"]
        assert [level(volume[:, i]) for i in range(4)] == [10, 20, 30, 40]
    kept = list((tmp_path / "cache" / "images").rglob("*"))
    assert len([path for path in kept if path.is_file() and len(path.name) > 20]) == 4


def test_pairs_are_matched_page_by_page(tmp_path: Path) -> None:
    stack(tmp_path / "trainA" / "a.tif", 3)
    stack(tmp_path / "trainB" / "a.tif", 3, first=100)
    data = prepared(PairedFolders, tmp_path, pages="each", cache=0)
    pairs = [data.train_sample(i, RNG(0)) for i in range(len(data))]
    assert [(level(p["x"]), level(p["y"])) for p in pairs] == [(10, 110), (20, 120), (30, 130)]
    stack(tmp_path / "trainB" / "a.tif", 2)
    with pytest.raises(DataError, match=r"a\.tif holds 3 images and .*a\.tif 2, but pairs"):
        prepared(PairedFolders, tmp_path, pages="each")


def test_halves_of_every_page(tmp_path: Path) -> None:
    values = np.zeros((2, 8, 16), np.uint8)
    values[0, :, :8], values[0, :, 8:], values[1, :, :8], values[1, :, 8:] = 1, 2, 3, 4
    (tmp_path / "train").mkdir()
    tifffile.imwrite(tmp_path / "train" / "a.tif", values, photometric="minisblack")
    data = prepared(PairedFolders, tmp_path, pages="each", cache=0)
    pairs = [data.test_sample(i) for i in range(data.test_count())]
    assert [(level(p["x"]), level(p["y"])) for p in pairs] == [(1, 2), (3, 4)]
    volume = prepared(PairedFolders, tmp_path, pages="depth", depth=2, cache=0).test_sample(0)
    assert [level(volume["y"][:, i]) for i in range(2)] == [2, 4]
    with pytest.raises(DataError, match="x and y are halves of one file"):
        prepared(PairedFolders, tmp_path, pages={"x": "each"})


def test_classes_hold_out_whole_files(tmp_path: Path) -> None:
    for name, first in (("cat", 0), ("dog", 100)):
        for number in range(2):
            stack(tmp_path / name / f"{number}.tif", 3, first=first + 40 * number)
    data = prepared(ClassFolders, tmp_path, classes=["cat", "dog"], pages="each", cache=0)
    trained = [level(data.train_sample(i, RNG(0))["y"]) for i in range(len(data))]
    assert trained == [10, 20, 30, 110, 120, 130]
    tested = [data.test_sample(i) for i in range(data.test_count())]
    assert [level(s["y"]) for s in tested] == [50, 150, 60, 160, 70, 170]
    assert [int(s["c"]) for s in tested] == [0, 1] * 3


def test_volumes_are_cut_in_depth(tmp_path: Path) -> None:
    for folder in ("trainA", "trainB"):
        stack(tmp_path / folder / "v.tif", 7)
    data = prepared(Folders, tmp_path, pages="depth", depth=4, cache=0)
    assert data.variables["x"].shape == (1, 4, 8, 8)
    firsts = {level(data.train_sample(0, RNG(seed))["x"][:, 0]) for seed in range(40)}
    assert firsts == {10, 20, 30, 40}
    middle = data.test_sample(0)["x"]
    assert [level(middle[:, i]) for i in range(4)] == [20, 30, 40, 50]


def test_volumes_with_too_few_slices_are_found_before_the_first_step(tmp_path: Path) -> None:
    stack(tmp_path / "trainA" / "a.tif", 3)
    stack(tmp_path / "trainA" / "b.tif", 5)
    stack(tmp_path / "trainB" / "c.tif", 5)
    settings = {"pages": "depth", "depth": 4, "cache": 0}
    wanted = "a.tif cannot be used: it has 3 slices, and a sample has data.depth = 4"
    with pytest.raises(DataError, match=wanted):
        prepared(Folders, tmp_path, **settings).inspect()
    data = prepared(Folders, tmp_path, **settings)
    with pytest.raises(DataError, match=wanted):
        data.train_sample(0, RNG(0))
    skipping = prepared(Folders, tmp_path, unreadable="skip", **settings)
    skipping.inspect()
    assert "1 unreadable, skipped: a.tif" in skipping.summary()
    assert skipping.train_sample(0, RNG(0))["x"].shape == (1, 4, 8, 8)


def test_volumes_of_one_scene_have_equal_depth(tmp_path: Path) -> None:
    stack(tmp_path / "trainA" / "a.tif", 5)
    stack(tmp_path / "trainB" / "a.tif", 4)
    data = prepared(PairedFolders, tmp_path, pages="depth", depth=3, cache=0)
    with pytest.raises(DataError, match=r"a\.tif have 5 and 4 slices, and are of one scene"):
        data.train_sample(0, RNG(0))
    stack(tmp_path / "trainB" / "a.tif", 5, first=100)
    pair = prepared(PairedFolders, tmp_path, pages="depth", depth=3, cache=0).test_sample(0)
    assert [level(pair["y"][:, i]) - level(pair["x"][:, i]) for i in range(3)] == [100] * 3


def test_a_pair_of_an_image_and_a_volume(tmp_path: Path) -> None:
    stack(tmp_path / "trainA" / "a.tif", 1)
    stack(tmp_path / "trainB" / "a.tif", 5, first=100)
    settings = {"pages": {"y": "depth"}, "depth": 2, "cache": 0}
    data = prepared(PairedFolders, tmp_path, **settings)
    firsts = {level(data.train_sample(0, RNG(seed))["y"][:, 0]) for seed in range(30)}
    assert firsts == {110, 120, 130, 140}
    assert data.train_sample(0, RNG(0))["x"].shape == (1, 8, 8)


def test_settings_that_contradict() -> None:
    for settings, message in (
        ({"pages": "depth"}, "pages = 'depth' needs depth"),
        ({"depth": 4}, "depth is of volumes: set pages = 'depth'"),
        ({"pages": {"z": "each"}}, "pages names 'z', which is no image"),
        ({"pages": {"x": "depth"}, "depth": 1}, "depth must be at least 2, not 1"),
    ):
        with pytest.raises(ValueError, match=message):
            Folders(**settings)
    both = Folders(pages={"x": "depth"}, depth=4).variables
    assert (both["x"].depth, both["y"].depth) == (4, None)
