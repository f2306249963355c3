from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest

from ganzoo.components.data import cache_room
from ganzoo.components.data.cache_room import CacheRoom

Disk = namedtuple("Disk", "total used free")
DAY = 86400


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room is measured before every file."""
    monkeypatch.setattr(cache_room, "MEASURED", 1)


def fill(folder: Path, days: dict[str, int], size: int = 10) -> None:
    """Files last used so many days ago."""
    (folder / "aa").mkdir(parents=True)
    for name, ago in days.items():
        path = folder / "aa" / name
        path.write_bytes(bytes(size))
        used = time.time() - ago * DAY
        os.utime(path, (used, used))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "aa").iterdir())


def test_those_leave_that_were_not_used_for_longest(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 3, "b": 9, "c": 1, "d": 5})
    room = CacheRoom(tmp_path, 80)
    assert room.take(10)  # 40 + 10 of 80
    assert names(tmp_path) == ["a", "b", "c", "d"]
    room = CacheRoom(tmp_path, 45)
    assert not room.take(10)  # more than an eighth of the room
    assert CacheRoom(tmp_path, 45).take(5)
    assert names(tmp_path) == ["a", "b", "c", "d"]
    room = CacheRoom(tmp_path, 40)
    assert room.take(5)
    assert names(tmp_path) == ["a", "c", "d"]
    assert room.take(5)
    (tmp_path / "aa" / "new").write_bytes(bytes(10))
    assert room.take(5)
    assert names(tmp_path) == ["a", "c", "new"]


def test_what_this_run_uses_stays_and_the_room_is_full(tmp_path: Path) -> None:
    """Otherwise an epoch that does not fit would replace itself, and nothing would be found."""
    fill(tmp_path, {"a": 0, "b": 0, "c": 0, "d": 0})
    room = CacheRoom(tmp_path, 40)
    assert not room.take(1)
    assert len(names(tmp_path)) == 4
    shutil.rmtree(tmp_path / "aa")
    assert not room.take(1)  # it is not measured for every image
    assert CacheRoom(tmp_path, 40).take(1)


def test_a_disk_that_is_nearly_full_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, fits in ((2 * 10**9 + 5000, False), (3 * 10**9, True)):
        disk = Disk(10**10, 0, free)
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, disk=disk: disk)
        assert CacheRoom(tmp_path, 10**9).take(1000) == fits


def test_links_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    fill(kept, {"mine": 9})
    room = tmp_path / "room"
    fill(room, {"a": 9})
    (room / "linked").symlink_to(kept / "aa")
    (room / "file").write_bytes(bytes(10))
    assert CacheRoom(room, 8).take(1)
    assert names(kept) == ["mine"]
    assert names(room) == []
    assert (room / "file").exists()
