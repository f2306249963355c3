from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data import image_cache, scaled_images
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.image_cache import HEADER, ImageCache
from ganzoo.components.data.image_files import read_reduced
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.scaled_images import ScaledImages
from ganzoo.components.data.transforms import Framing, ScaledImage
from ganzoo.interfaces import Variable
from ganzoo.recipe.loading import load_recipe
from ganzoo.runs.resume_rules import changed_settings


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that a test has just written are cached, too."""
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(image_cache, "RECENT", -(10**18))
    return tmp_path / "cache" / "images"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded."""
    names: list[str] = []

    def read(path, *rest):
        names.append(path.name)
        return read_reduced(path, *rest)

    monkeypatch.setattr(scaled_images, "read_reduced", read)
    return names


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return draw(tmp_path / "photo.png", 1)


def draw(path: Path, seed: int, size: tuple[int, int] = (24, 36)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def make(gigabytes: float = 1.0) -> ScaledImages:
    return ScaledImages(Framing(8, 12), ImageCache(gigabytes))


def read(images: ScaledImages, path: Path, variable: Variable = Variable()) -> ScaledImage:  # noqa: B008
    return images.read(ImagePage(path), variable, images.framing.resize)


def entries(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def same(one: ScaledImage, other: ScaledImage) -> bool:
    return one.shape == other.shape and torch.equal(one.pixels, other.pixels)


def test_an_image_is_decoded_once_for_all_runs(photo: Path, decoded: list[str]) -> None:
    images = make()
    first = read(images, photo)
    assert first.shape == (3, 24, 36)
    assert first.pixels.shape == (3, 12, 18)
    for each in (images, make(), pickle.loads(pickle.dumps(images))):
        found = read(each, photo)
        assert same(found, first)
        assert found.pixels.dtype == torch.uint8
    assert decoded == ["photo.png"]
    assert same(read(make(0), photo), first)


def test_other_settings_are_other_entries(photo: Path, decoded: list[str], cache: Path) -> None:
    images = make()
    kinds = [Variable(), Variable(1), Variable(interpolation="nearest"), Variable(range=(0, 99))]
    for _ in range(2):
        found = [read(images, photo, variable) for variable in kinds]
    assert [len(each.pixels) for each in found] == [3, 1, 3, 3]
    assert found[3].pixels.dtype == torch.float32
    images.read(ImagePage(photo), Variable(), images.framing.size)
    squashed = ScaledImages(Framing(8, 12, aspect="squash"), images.cache)
    assert read(squashed, photo).pixels.shape == (3, 12, 12)
    assert len(decoded) == len(entries(cache)) == len(kinds) + 2


def test_an_image_of_which_crops_are_cut_is_cached_whole(
    photo: Path, decoded: list[str], cache: Path
) -> None:
    images, native = make(), Variable(scale="native")
    whole = images.read(ImagePage(photo), native, images.framing.resize)
    assert whole.pixels.shape == whole.shape == (3, 24, 36)
    again = images.read(ImagePage(photo), replace(native, dtype="uint8"), images.framing.size)
    assert same(again, whole), "training and tests share it"
    assert len(decoded) == len(entries(cache)) == 1


def test_halves_of_a_file_are_entries_of_their_own(photo: Path, decoded: list[str]) -> None:
    images = make()
    for _ in range(2):
        pair = images.read_pair((ImagePage(photo),) * 2, (Variable(), Variable()), (12, 12))
    whole = torch.from_numpy(np.array(Image.open(photo))).permute(2, 0, 1)
    plain = ScaledImages(Framing(24), ImageCache(0))
    for index, half in enumerate(plain.read_halves(ImagePage(photo), Variable(), (24, 18))):
        assert torch.equal(half.pixels, whole[..., index * 18 :][..., :18])
    assert [half.pixels.shape for half in pair] == [(3, 16, 12)] * 2
    assert decoded == ["photo.png"] * 2


def test_a_name_does_not_matter_and_the_content_does(
    photo: Path, decoded: list[str], tmp_path: Path
) -> None:
    images = make()
    before = read(images, photo)
    copied = tmp_path / "copied.png"
    shutil.copyfile(photo, copied)
    assert same(read(images, copied), before)
    assert decoded == ["photo.png"]
    status = photo.stat()
    draw(photo, 2)
    os.utime(photo, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = read(images, photo)
    assert not torch.equal(changed.pixels, before.pixels)
    assert same(changed, read(make(0), photo))


@pytest.mark.parametrize("damage", ["short", "long", "empty", "bit", "magic", "size", "type"])
def test_a_damaged_entry_is_made_again(
    photo: Path, cache: Path, decoded: list[str], damage: str
) -> None:
    first = read(make(), photo)
    [entry] = entries(cache)
    whole = entry.read_bytes()
    head = bytearray(whole)
    places = {"bit": len(whole) - 5, "magic": 3, "size": HEADER.size - 4, "type": 20}
    if damage in places:
        head[places[damage]] ^= 2
    cut = {"short": head[:-1], "long": head + b"\0", "empty": b""}
    entry.write_bytes(cut.get(damage, head))
    assert same(read(make(), photo), first)
    assert decoded == ["photo.png"] * 2
    assert entry.read_bytes() == whole


def test_what_lies_in_an_entrys_place_is_not_followed(photo: Path, cache: Path) -> None:
    """A pipe is not waited for; a folder cannot be replaced, and the image is read without."""
    first = read(make(), photo)
    [entry] = entries(cache)
    for plant in (os.mkfifo, Path.mkdir):
        entry.unlink()
        plant(entry)
        assert same(read(make(), photo), first)


def test_a_file_that_was_just_written_is_not_cached(
    photo: Path, cache: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be written again within a tick of its disk's clock."""
    monkeypatch.setattr(image_cache, "RECENT", 10**18)
    images = make()
    assert same(read(images, photo), read(images, photo))
    assert decoded == ["photo.png"] * 2
    assert not cache.exists()


def test_a_file_that_changes_while_it_is_read_is_not_cached(
    photo: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(path, *rest):
        os.replace(draw(path.with_name("other.png"), 2), path)  # noqa: PTH105
        return read_reduced(path, *rest)

    monkeypatch.setattr(scaled_images, "read_reduced", replace)
    read(make(), photo)
    assert entries(cache) == []


def test_without_a_disk_to_write_all_is_as_without_a_cache(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "file"))
    images = make()
    assert same(read(images, photo), read(images, photo))
    assert decoded == ["photo.png"] * 2


def test_others_may_not_read_it(photo: Path, cache: Path) -> None:
    read(make(), photo)
    assert cache.stat().st_mode & 0o077 == 0


def test_of_a_strip_only_a_region_is_enlarged_so_it_is_not_cached(
    tmp_path: Path, cache: Path
) -> None:
    strip = draw(tmp_path / "strip.png", 3, (2, 90))
    assert read(make(), strip).pixels.shape == (3, 2, 90)
    assert entries(cache) == []


def test_samples_are_equal_with_and_without_it(tmp_path: Path, decoded: list[str]) -> None:
    for index in range(3):
        draw(tmp_path / "trainA" / f"{index}.png", index)
        draw(tmp_path / "trainB" / f"{index}.png", 10 + index, (20, 30))
    samples = []
    for gigabytes in (0, 1, 1):
        data = Folders(str(tmp_path), size=8, resize=12, cache=gigabytes)
        data.prepare()
        samples.append(
            [data.train_sample(i, np.random.default_rng(i)) for i in range(3)]
            + [data.test_sample(i) for i in range(3)]
        )
        decoded.append("")
    assert decoded.count("") == 3
    assert decoded[-1] == decoded[-2] == ""  # the last time, no file was decoded
    for plain, cold, warm in zip(*samples, strict=True):
        for name in ("x", "y"):
            assert torch.equal(plain[name], cold[name])
            assert torch.equal(plain[name], warm[name])


def test_a_size_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="cache must be gigabytes, 0 or more, not -1"):
        Folders("/nowhere", cache=-1)


def test_its_size_may_change_when_a_run_is_resumed() -> None:
    tables = {"type": "folders", "root": "photos", "size": 64, "cache": 0.5}
    before, now, other = (
        load_recipe("cyclegan", {"data": {**tables, **changes}})
        for changes in ({}, {"cache": 0}, {"flip": False})
    )
    assert changed_settings(before, now) == []
    assert changed_settings(before, other) == ["data.flip"]


def test_a_cache_may_be_as_large_as_one_likes(photo: Path, cache: Path) -> None:
    read(make(1e300), photo)
    assert len(entries(cache)) == 1
