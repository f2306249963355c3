"""The settings range, colour and interpolation, for all variables or one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.transforms import resize
from ganzoo.interfaces import Variable
from ganzoo.registry.signature import check_settings

COLOURS = np.array([[255, 0, 0], [0, 128, 255], [7, 200, 30], [250, 250, 0]], np.uint8)


def label_map(height: int, width: int, seed: int) -> np.ndarray:
    return COLOURS[np.random.default_rng(seed).integers(0, 4, (height, width))]


def colours(image: torch.Tensor) -> set[tuple[int, ...]]:
    levels = ((image + 1) * 127.5).round().int()
    return {tuple(pixel) for pixel in levels.flatten(1).T.tolist()}


def test_settings_become_variables() -> None:
    data = Folders(range={"x": [0, 4095]}, interpolation={"y": "nearest"}, size=8)
    assert data.variables["x"] == Variable(3, (8, 8), range=(0, 4095))
    assert data.variables["y"] == Variable(3, (8, 8), interpolation="nearest")
    both = PairedFolders(range=[-1000, 400], colour="ignore", aspect="squash", size=8)
    expected = Variable(3, (8, 8), range=(-1000, 400), colour="ignore", aspect="squash")
    assert both.variables == {"x": expected, "y": expected}
    assert ClassFolders(2, range=[0, 1], size=8).variables["y"] == Variable(3, (8, 8), range=(0, 1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"range": [4095, 0]}, "low below high"),
        ({"range": [1]}, "low below high"),
        ({"range": {"z": [0, 1]}}, "range names 'z', which is no image; there is x, y"),
        ({"interpolation": {"c": "nearest"}}, "interpolation names 'c'"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Folders(**settings)  # type: ignore[arg-type]


def test_a_recipe_may_write_a_list_or_a_table() -> None:
    given = {"range": {"x": [0, 4095]}, "colour": "ignore", "interpolation": {"y": "nearest"}}
    filled, faults = check_settings(Folders, "folders", given, "data")
    assert not faults
    assert filled["range"] == {"x": [0, 4095]}
    again, faults = check_settings(
        Folders, "folders", {k: v for k, v in filled.items() if v is not None}, "data"
    )
    assert not faults
    assert again == filled
    _, faults = check_settings(Folders, "folders", {"range": "big"}, "data")
    assert "'dtype' or a list of numbers or a list of texts or a table of" in faults[0].message


@pytest.mark.case("A19")
@pytest.mark.parametrize("direction", ["xy", "yx"])
def test_label_maps_keep_their_colours(tmp_path: Path, direction: str) -> None:
    """Where x is bicubic and y nearest, with one crop for both, of files of different sizes."""
    for folder in ("trainA", "trainB"):
        (tmp_path / folder).mkdir()
    labels, photo = ("trainB", "trainA") if direction == "xy" else ("trainA", "trainB")
    Image.fromarray(label_map(37, 53, 1)).save(tmp_path / labels / "a.png")
    Image.fromarray(label_map(74, 106, 2)).save(tmp_path / photo / "a.png")
    data = PairedFolders(
        str(tmp_path),
        direction=direction,  # type: ignore[arg-type]
        size=16,
        resize=20,
        interpolation={"y": "nearest"},
    )
    data.prepare()
    known = {tuple(colour) for colour in COLOURS.tolist()}
    for index in range(5):
        sample = data.train_sample(0, np.random.default_rng(index))
        assert colours(sample["y"]) <= known
        assert len(colours(sample["x"])) > 40
    assert colours(data.test_sample(0)["y"]) <= known


@pytest.mark.case("A19")
def test_both_images_of_a_pair_show_the_same_place(tmp_path: Path) -> None:
    """The same label map as x and as y: where y is nearest, x has nearly that colour."""
    blocks = np.kron(label_map(8, 8, 3), np.ones((16, 16, 1), np.uint8))
    for folder in ("trainA", "trainB"):
        (tmp_path / folder).mkdir()
        Image.fromarray(blocks).save(tmp_path / folder / "a.png")
    data = PairedFolders(str(tmp_path), size=32, resize=40, interpolation={"y": "nearest"})
    data.prepare()
    for index in range(5):
        sample = data.train_sample(0, np.random.default_rng(index))
        assert ((sample["x"] - sample["y"]).abs().amax(0) < 0.05).float().mean() > 0.5


@pytest.mark.parametrize("size", [(4, 5), (17, 9), (32, 64)])
def test_nearest_against_pillow(size: tuple[int, int]) -> None:
    pixels = label_map(12, 20, 4)
    picture = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.NEAREST)
    image = torch.from_numpy(pixels).permute(2, 0, 1)
    expected = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    assert torch.equal(resize(image, size, "nearest"), expected)
    assert torch.equal(resize(image.float(), size, "nearest"), expected.float())


def test_nearest_by_hand() -> None:
    """The centres of 4 pixels over 6 lie at 0.75, 2.25, 3.75, 5.25; of 5 over 2 at 0.2 ... 1.8."""
    row = torch.tensor([[[10, 11, 12, 13, 14, 15]]])
    assert resize(row, (1, 4), "nearest").tolist() == [[[10, 12, 13, 15]]]
    assert resize(row[..., :2], (1, 5), "nearest").tolist() == [[[10, 10, 11, 11, 11]]]


def test_halves_side_by_side_are_read_each_in_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    Image.fromarray(label_map(20, 40, 5)).save(tmp_path / "train" / "a.png")
    data = PairedFolders(str(tmp_path), size=8, interpolation={"x": "nearest"})
    data.prepare()
    sample = data.train_sample(0, np.random.default_rng(0))
    assert colours(sample["x"]) <= {tuple(colour) for colour in COLOURS.tolist()}
    assert len(colours(sample["y"])) > 30
