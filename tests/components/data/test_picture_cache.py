from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from ganzoo.components.data import picture_cache
from ganzoo.components.data.picture_cache import PictureCache, Pixels

SHAPE = (3, 5, 4)
drawn: list[int] = []


def draw(number: int) -> Pixels:
    drawn.append(number)
    return np.random.default_rng(number).integers(0, 256, SHAPE, dtype=np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    drawn.clear()
    return tmp_path / "cache" / "things-1"


def make() -> PictureCache:
    return PictureCache("things-1", SHAPE, draw)


def test_drawn_once_for_all_processes(folder: Path) -> None:
    first, again = make(), make()
    for pictures in (first, first, again, again):
        assert np.array_equal(pictures.get(7), draw(7))
    assert drawn == [7, 7, 7, 7, 7]  # one by the cache, four by this test
    assert [path.name for path in folder.iterdir()] == ["00000007.png"]


def test_alpha_does_not_touch_the_colours(folder: Path) -> None:
    """Colours under alpha 0 must survive, for alpha holds the labels."""
    make().get(3)
    stored = make().get(3)
    assert np.array_equal(stored, draw(3))
    assert drawn == [3, 3]


@pytest.mark.parametrize("damage", ["empty", "text", "half", "other size", "other mode", "folder"])
def test_what_is_broken_is_drawn_again(folder: Path, damage: str) -> None:
    make().get(7)
    path = folder / "00000007.png"
    whole = path.read_bytes()
    if damage == "other size":
        write(np.zeros((4, 5, 4), np.uint8), path)
    elif damage == "other mode":
        write(np.zeros((3, 5, 3), np.uint8), path)
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        half = whole[: len(whole) // 2]
        path.write_bytes({"empty": b"", "text": b"hello", "half": half}[damage])
    assert np.array_equal(make().get(7), draw(7))
    if damage != "folder":
        assert path.read_bytes() == whole


def write(array: Pixels, path: Path) -> None:
    from PIL import Image

    Image.fromarray(array).save(path)


def test_a_disk_that_cannot_be_written_is_done_without(folder: Path) -> None:
    folder.parent.write_text("a file where the folder should be")
    pictures = make()
    assert np.array_equal(pictures.get(7), pictures.get(7))
    assert drawn == [7]


def test_memory_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_cache, "MEMORY", 2 * 3 * 5 * 4)
    pictures = make()
    for number in range(5):
        pictures.get(number)
    assert len(pictures._memory) == 2
    assert np.array_equal(pictures.get(4), draw(4))


def test_pickled_without_its_memory(folder: Path) -> None:
    pictures = make()
    pictures.get(7)
    copy = pickle.loads(pickle.dumps(pictures))
    assert not copy._memory
    assert np.array_equal(copy.get(7), pictures.get(7))
    assert drawn == [7]


def test_a_user_without_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("GANZOO_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", nowhere)
    pictures = make()
    assert pictures.folder is None
    assert np.array_equal(pictures.get(7), draw(7))
