from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.errors import DataError

Picture = NDArray[np.uint8]


def picture(seed: int, height: int = 20, width: int = 30) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def store(array: Picture, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """y is the negative of x, so that any pair can be checked pixel by pixel."""
    for number in range(3):
        x = picture(number)
        store(x, tmp_path / "trainA" / "sub" / f"{number}.png")
        store(255 - x, tmp_path / "trainB" / "sub" / f"{number}.bmp")
    return tmp_path


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    for number in range(3):
        x = picture(number)
        store(np.hstack([x, 255 - x]), tmp_path / "train" / f"{number}.png")
    store(np.hstack([picture(7), 255 - picture(7)]), tmp_path / "val" / "7.png")
    return tmp_path


def prepared(root: Path, **settings: object) -> PairedFolders:
    data = PairedFolders(str(root), **{"size": [20, 30], **settings})  # type: ignore[arg-type]
    data.prepare()
    return data


def in_range(array: Picture) -> torch.Tensor:
    return torch.from_numpy(array.copy()).permute(2, 0, 1) / 127.5 - 1


@pytest.mark.parametrize("layout", ["folders", "beside"])
def test_x_and_y_are_cut_alike(layout: str, request: pytest.FixtureRequest) -> None:
    data = prepared(request.getfixturevalue(layout), size=[12, 10])
    assert data.paired
    assert len(data) == 3
    seen: set[tuple[float, ...]] = set()
    for seed in range(12):
        sample = data.train_sample(seed % 3, np.random.default_rng(seed))
        assert tuple(sample["x"].shape) == data.variables["x"].shape
        # Resampling commutes with the negative but for rounding.
        assert (sample["x"] + sample["y"]).abs().max() <= 2 / 127.5
        seen.add(tuple(sample["x"][0, 0, :3].tolist()))
    assert len(seen) > 6


@pytest.mark.case("A3")
def test_pairs_that_stand_in_are_called_trained_on(beside: Path) -> None:
    assert prepared(beside).trained_on() == frozenset()
    (beside / "val" / "7.png").unlink()
    (beside / "val" / "7.png").symlink_to(beside / "train" / "0.png")
    assert prepared(beside).trained_on() == {"x", "y"}
    shutil.rmtree(beside / "val")
    assert prepared(beside).trained_on() == {"x", "y"}


@pytest.mark.case("A3")
@pytest.mark.parametrize("layout", ["folders", "beside"])
def test_test_pairs_alone_are_enough_to_test(
    layout: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root = request.getfixturevalue(layout)
    if layout == "beside":
        shutil.rmtree(root / "train")
    else:
        (root / "trainA").rename(root / "testA")
        (root / "trainB").rename(root / "testB")
    data = prepared(root)
    assert data.test_counts() == dict.fromkeys("xy", data.test_count())
    for index in range(data.test_count()):
        sample = data.test_sample(index)
        torch.testing.assert_close(sample["x"], -sample["y"])
    with pytest.raises(DataError, match=r"no folders? 'train"):
        len(data)


def test_left_half_is_x(beside: Path) -> None:
    data = prepared(beside, flip=False)
    sample = data.train_sample(1, np.random.default_rng(0))
    assert torch.equal(sample["x"], in_range(picture(1)))
    assert torch.equal(sample["y"], in_range(255 - picture(1)))


@pytest.mark.parametrize("layout", ["folders", "beside"])
def test_direction_swaps(layout: str, request: pytest.FixtureRequest) -> None:
    data = prepared(request.getfixturevalue(layout), flip=False, direction="yx")
    sample = data.train_sample(2, np.random.default_rng(0))
    assert torch.equal(sample["y"], in_range(picture(2)))
    assert torch.equal(sample["x"], in_range(255 - picture(2)))


def test_half_of_the_pairs_are_mirrored_together(folders: Path) -> None:
    data = prepared(folders)
    forward, back = in_range(picture(0)), in_range(picture(0)[:, ::-1])
    samples = [data.train_sample(0, np.random.default_rng(seed))["x"] for seed in range(20)]
    kinds = {bool(torch.equal(x, back)) for x in samples}
    assert kinds == {False, True}
    assert all(torch.equal(x, forward) or torch.equal(x, back) for x in samples)


def test_validation_folder_is_held_out(beside: Path) -> None:
    data = prepared(beside)
    assert data.test_count() == 1
    assert torch.equal(data.test_sample(0)["x"], in_range(picture(7)))
    store(np.hstack([picture(8), picture(9)]), beside / "test" / "8.png")
    assert torch.equal(prepared(beside).test_sample(0)["y"], in_range(picture(9)))


def test_held_out_folders(folders: Path) -> None:
    assert prepared(folders).test_count() == 3  # the training pairs stand in
    store(picture(5), folders / "testA" / "5.png")
    store(picture(6), folders / "testB" / "5.png")
    data = prepared(folders)
    assert data.test_count() == 1
    assert torch.equal(data.test_sample(0)["y"], in_range(picture(6)))


def test_one_test_folder_is_an_error(folders: Path) -> None:
    store(picture(5), folders / "testA" / "5.png")
    with pytest.raises(DataError, match=r"data.test_y: there is no folder 'testB'"):
        prepared(folders)


def test_auto_prefers_two_folders(folders: Path) -> None:
    store(picture(5), folders / "train" / "5.png")
    assert len(prepared(folders)) == 3
    assert len(prepared(folders, layout="side_by_side")) == 1


def test_neither_layout_is_there(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match=r"'trainA', 'trainB' .* side by side .*data\.train"):
        prepared(tmp_path)


def test_no_root() -> None:
    with pytest.raises(DataError, match=r"data.root is not set: --set data.root=FOLDER"):
        PairedFolders().prepare()


def test_a_name_without_partner(folders: Path) -> None:
    store(picture(5), folders / "trainB" / "lonely.png")
    with pytest.raises(DataError, match=r"lonely\.png has no partner .* 'trainA' \(1 of 4 names"):
        prepared(folders)


def test_a_name_with_two_partners(folders: Path) -> None:
    store(picture(5), folders / "trainA" / "sub" / "0.jpg")
    with pytest.raises(DataError, match="ambiguous"):
        prepared(folders)


def test_partners_of_different_resolution(folders: Path) -> None:
    store(picture(5, 40, 60), folders / "trainB" / "sub" / "0.bmp")
    sample = prepared(folders, size=[40, 60], flip=False).train_sample(0, np.random.default_rng(0))
    assert sample["x"].shape == (3, 40, 60)
    assert torch.equal(sample["y"], in_range(picture(5, 40, 60)))


def test_partners_of_different_proportions(folders: Path) -> None:
    store(picture(5, 40, 40), folders / "trainB" / "sub" / "0.bmp")
    with pytest.raises(DataError, match=r"\(30 x 20\) and .* \(40 x 40\) differ in proportions"):
        prepared(folders).train_sample(0, np.random.default_rng(0))


def test_a_column_is_no_pair(beside: Path) -> None:
    store(picture(0, 5, 1), beside / "train" / "0.png")
    with pytest.raises(DataError, match=r"0\.png is 1 pixel wide"):
        prepared(beside).train_sample(0, np.random.default_rng(0))


def test_skip_leaves_out_the_pair(folders: Path) -> None:
    (folders / "trainB" / "sub" / "1.bmp").write_bytes(b"broken")
    data = prepared(folders, unreadable="skip", flip=False)
    with pytest.warns(UserWarning, match=r"skipped: .*1\.bmp"):
        sample = data.train_sample(1, np.random.default_rng(0))
    assert torch.equal(sample["x"], in_range(picture(2)))
    assert torch.equal(sample["y"], in_range(255 - picture(2)))


@pytest.mark.case("A13", "C10")
def test_pairs_are_counted_and_a_broken_half_leaves_out_its_pair(folders: Path) -> None:
    assert prepared(folders).summary() == "3 pairs, none held out"
    (folders / "trainB" / "sub" / "1.bmp").write_bytes(b"broken")
    (folders / "trainB" / "a.tga").touch()
    data = prepared(folders, unreadable="skip")
    data.inspect()
    told = "none held out, 1 unreadable, skipped: 1.bmp, 1 left out: 1 .tga"
    assert data.summary() == f"3 pairs, {told}"
    assert data.test_counts() == {"x": 2, "y": 2}
    with pytest.raises(DataError, match=r"1\.bmp cannot be read"):
        prepared(folders).inspect()
