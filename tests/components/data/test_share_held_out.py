from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.share_held_out import ShareHeldOut
from ganzoo.errors import DataError


def plain(folder: Path, levels: range) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for level in levels:
        Image.new("RGB", (9, 7), (level, level, level)).save(folder / f"{level:03d}.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    plain(tmp_path / "trainA", range(40))
    plain(tmp_path / "trainB", range(100, 130))
    return tmp_path


def prepared(root: Path, kind: type[ShareHeldOut] = Folders, **settings: object) -> ShareHeldOut:
    data = kind(root=str(root), **{"size": 4, **settings})  # type: ignore[call-arg]
    data.prepare()
    return data


def files(data: ShareHeldOut, held_out: bool) -> set[str]:
    lists = [*data.items()]
    half = lists[len(lists) // 2 :] if held_out else lists[: len(lists) // 2]
    return {"/".join(p.parts[-2:]) for items, of in half for item in items for p, _ in of(item)}


def test_nothing_is_dealt_unless_it_is_asked_for(root: Path) -> None:
    data = prepared(root)
    assert data.trained_on() == {"x", "y"}
    assert data.test_counts() == {"x": 8, "y": 8}
    assert len(data) == 40


def test_a_share_of_each_domain_is_held_out(root: Path) -> None:
    data = prepared(root, hold_out=0.2)
    train, held_out = files(data, False), files(data, True)
    assert train.isdisjoint(held_out)
    assert train | held_out == files(prepared(root), False)
    counts = data.test_counts()
    assert all(1 <= counts[name] <= 20 for name in "xy")
    assert data.trained_on() == frozenset()
    assert data.train_counts() == {"x": 40 - counts["x"], "y": 30 - counts["y"]}
    assert data.summary().startswith(
        f"{40 - counts['x']} + {30 - counts['y']} images, {counts['x']} + {counts['y']} held out"
    )
    assert data.inspect() == []
    assert data.fingerprint() == prepared(root).fingerprint()


def test_images_stay_where_they_are_when_others_come(root: Path) -> None:
    before = files(prepared(root, hold_out=0.3), True)
    plain(root / "trainA", range(40, 70))
    after = files(prepared(root, hold_out=0.3), True)
    assert before == {name for name in after if int(name[-7:-4]) not in range(40, 70)}


def test_an_image_of_both_domains_is_trained_on_in_both_or_in_none(root: Path) -> None:
    for path in (root / "trainA").iterdir():
        shutil.copy(path, root / "trainB" / path.name)
    held_out = files(prepared(root, hold_out=0.3), True)
    of_x = {Path(name).name for name in held_out if name.startswith("trainA")}
    of_y = {Path(name).name for name in held_out if name.startswith("trainB")}
    assert of_x == {name for name in of_y if int(name[:3]) < 40}
    assert of_x


def test_a_test_folder_is_used_where_there_is_one(root: Path) -> None:
    plain(root / "testA", range(200, 205))
    data = prepared(root, hold_out=0.2)
    counts = data.test_counts()
    assert (counts["x"], data.train_counts()["x"]) == (5, 40)
    assert counts["y"] + data.train_counts()["y"] == 30
    assert data.trained_on() == frozenset()


@pytest.mark.parametrize(("count", "held_out"), [(1, 0), (2, 1), (3, 1)])
def test_few_images(tmp_path: Path, count: int, held_out: int) -> None:
    """At least one on each side; a single one is trained on, and stands in."""
    plain(tmp_path / "trainA", range(count))
    plain(tmp_path / "trainB", range(100, 120))
    data = prepared(tmp_path, hold_out=0.0001)
    assert data.trained_on() == ({"x"} if not held_out else set())
    assert data.train_counts()["x"] == count - held_out
    assert data.test_counts()["x"] == 1


def test_broken_files_are_refused_or_skipped_wherever_they_land(root: Path) -> None:
    for number in range(30):
        (root / "trainA" / f"broken{number}.png").write_bytes(f"no image {number}".encode())
    with pytest.raises(DataError, match=r"broken1.png .*\n.*\n.*\n  and 27 more of 100 files"):
        prepared(root, hold_out=0.3).inspect()
    data = prepared(root, hold_out=0.3, unreadable="skip")
    good = files(data, True) | files(data, False)
    assert not any("broken" in name for name in good)
    assert len(good) == 70
    assert "30 unreadable, skipped" in data.summary()
    none = root / "none"
    for name in ("trainA", "trainB"):
        (none / name).mkdir(parents=True)
        (none / name / "1.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match="none of 1 images"):
        prepared(none, hold_out=0.3, unreadable="skip")


@pytest.mark.parametrize("share", [-0.1, 1, 10, float("nan")])
@pytest.mark.parametrize("kind", [Folders, PairedFolders])
def test_what_is_no_share_is_refused(kind: type[ShareHeldOut], share: float) -> None:
    with pytest.raises(ValueError, match="hold_out must be a share"):
        kind(hold_out=share)  # type: ignore[call-arg]


def test_pairs_are_dealt_as_one(tmp_path: Path) -> None:
    plain(tmp_path / "trainA", range(40))
    for level in range(40):
        path = tmp_path / "trainB" / f"{level:03d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (9, 7), (255 - level,) * 3).save(path)
    data = prepared(tmp_path, PairedFolders, hold_out=0.3)
    held_out = files(data, True)
    assert {f"trainB/{name[-7:]}" for name in held_out if "trainA" in name} == {
        name for name in held_out if "trainB" in name
    }
    assert len(data) + data.test_count() == 40
    assert data.paired_count() == len(data)
    for index in range(data.test_count()):
        sample = data.test_sample(index)
        torch.testing.assert_close(sample["x"], -sample["y"])
    turned = prepared(tmp_path, PairedFolders, hold_out=0.3, direction="yx")
    assert files(turned, True) == held_out
    alone = prepared(tmp_path, PairedFolders, hold_out=0.3, test_x="trainA", test_y="trainB")
    assert alone.test_count() == 40


def test_halves_of_one_file_are_dealt_as_one(tmp_path: Path) -> None:
    plain(tmp_path / "train", range(40))
    data = prepared(tmp_path, PairedFolders, hold_out=0.3)
    assert files(data, True).isdisjoint(files(data, False))
    assert len(data) + data.test_count() == 40
    assert data.trained_on() == frozenset()
    assert prepared(tmp_path, PairedFolders).trained_on() == {"x", "y"}


def test_pages_of_a_file_stay_together(tmp_path: Path) -> None:
    for name, base in (("trainA", 0), ("trainB", 100)):
        (tmp_path / name).mkdir()
        for number in range(8):
            pages = [Image.new("L", (8, 8), base + 10 * number + page) for page in range(3)]
            pages[0].save(tmp_path / name / f"{number}.tif", save_all=True, append_images=pages[1:])
    data = prepared(tmp_path, hold_out=0.4, pages="each", channels=1)
    assert files(data, True).isdisjoint(files(data, False))
    assert all(count % 3 == 0 and count for count in data.test_counts().values())
