"""Channels by variable, ranges by quantiles, types of files, and crops at native resolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from ganzoo.components.data.file_values import FILES, spread
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.measured_settings import take_measured
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.reading_settings import merge_measured
from ganzoo.errors import DataError

SIDE = 10


def ramp(offset: int = 0, dtype: str = "uint16") -> np.ndarray:
    """100 values, offset ... offset + 99, a row after the other."""
    return (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) + offset).astype(dtype)


def write(folder: Path, *images: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        planar = "contig" if image.ndim == 3 else None
        tifffile.imwrite(folder / f"{index}.tif", image, photometric="minisblack",
                         planarconfig=planar)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """x: gray, 0 ... 199 in two files. y: five bands, of which band i holds 1000 + 10 i."""
    write(tmp_path / "trainA", ramp(), ramp(100))
    bands = np.broadcast_to(1000 + 10 * np.arange(5), (SIDE, SIDE, 5)).astype(np.uint16)
    write(tmp_path / "trainB", bands)
    return tmp_path


CHANNELS = {"x": 1, "y": 5}


def prepared(root: Path, **settings: object) -> Folders:
    data = Folders(str(root), **{"size": 4, "channels": CHANNELS, **settings})  # type: ignore[arg-type]
    data.prepare()
    return data


def test_each_side_has_its_own_channels(root: Path) -> None:
    data = prepared(root, range={"y": [1000, 1040]})
    sample = data.test_sample(0)
    assert sample["x"].shape == (1, 4, 4)
    assert sample["y"][:, 0, 0].tolist() == pytest.approx([-1, -0.5, 0, 0.5, 1], abs=1e-6)


@pytest.mark.parametrize(("channels", "advice"), [(3, "set channels = 5"), (4, "set channels = 5")])
def test_a_file_of_other_bands_is_refused(root: Path, channels: int, advice: str) -> None:
    with pytest.raises(DataError, match=advice):
        prepared(root, channels={"x": 1, "y": channels}).inspect()


def test_a_gray_file_has_no_five_bands(root: Path) -> None:
    with pytest.raises(DataError, match="it is gray, and channels = 5: it has no such bands"):
        prepared(root, channels=5).inspect()


def test_quantiles_become_the_range(root: Path) -> None:
    data = prepared(root, range={"x": ["10%", "90%"], "y": [0, 2000]})
    # Of 0 ... 199, quantile q is 199 q: 19.9 and 179.1, and of whole numbers the next ones outside.
    assert data.variables["x"].range == (19, 180)
    assert data.measured()["range"] == {"x": [19, 180], "y": [0, 2000]}
    sample = prepared(root, range={"x": ["10%", "90%"]}, size=10).test_sample(0)["x"]
    assert sample.flatten()[50].item() == pytest.approx(2 * (50 - 19) / 161 - 1, abs=1e-5)


def test_quantiles_of_other_numbers_are_exact(root: Path) -> None:
    for index in range(2):
        tifffile.imwrite(root / f"trainA/{index}.tif", ramp(100 * index, "float32") / 10)
    ranges = prepared(root, range={"x": ["10%", "90%"]}).measured()["range"]
    assert ranges["x"] == pytest.approx([1.99, 17.91])


def test_quantiles_for_all_are_each_sides_own(root: Path) -> None:
    ranges = prepared(root, range=["0%", "100%"]).measured()["range"]
    assert ranges == {"x": [0, 199], "y": [1000, 1040]}


def test_what_was_measured_reads_alike(root: Path) -> None:
    data = prepared(root, range=["0%", "100%"])
    again = prepared(root, **data.measured())
    assert again.measured() == {}, "nothing is left to the files"
    assert again.variables["x"].dtype == "uint16"
    assert all((again.test_sample(0)[n] == data.test_sample(0)[n]).all() for n in "xy")


def test_files_of_8_bits_stay_without_a_word(tmp_path: Path) -> None:
    for name in ("trainA", "trainB"):
        write(tmp_path / name, ramp(dtype="uint8"))
    assert prepared(tmp_path, channels=1).measured() == {}


def test_files_of_8_bits_beside_deeper_ones_are_named(root: Path) -> None:
    write(root / "trainA", ramp(dtype="uint8"), ramp(dtype="uint8"))
    assert prepared(root).measured() == {"dtype": {"x": "uint8", "y": "uint16"}}


def test_quantiles_that_are_one_value_are_refused(root: Path) -> None:
    write(root / "trainA", np.full((SIDE, SIDE), 7, np.uint16), np.full((SIDE, SIDE), 7, np.uint16))
    with pytest.raises(DataError, match=r"data\.range\.x: both quantiles are 7"):
        prepared(root, range={"x": ["1%", "99%"]})


@pytest.mark.parametrize(
    "ends", [["5%"], ["99%", "1%"], ["-1%", "99%"], ["1", "99%"], ["1%", "101%"], ["a%", "b%"]]
)
def test_wrong_quantiles(ends: list[str]) -> None:
    with pytest.raises(ValueError, match="range of quantiles must be like"):
        Folders(range=ends)


def test_a_run_s_range_stands_for_quantiles_alone() -> None:
    before = {"range": {"x": [1.0, 2.0], "y": [0, 9]}, "dtype": {"x": "uint16"}}
    left = {"range": {"x": ["1%", "99%"], "y": [0, 5]}}
    taken = {"range": {"x": [1.0, 2.0], "y": [0, 5]}, "dtype": {"x": "uint16"}}
    assert take_measured(left, before) == taken, "y's range was changed, and is compared"
    assert take_measured({"range": [0, 5], "dtype": "uint16"}, before) == {}
    assert merge_measured(["1%", "99%"], {"x": (1, 2)}) == {"x": [1, 2]}


def test_the_sample_of_files_is_spread_and_bounded() -> None:
    files = [Path(str(index)) for index in range(1000)]
    chosen = spread(files)
    assert len(chosen) == FILES
    assert chosen[0] == files[0]
    assert chosen[-1] == files[984]


def test_native_crops_are_regions_of_the_file(root: Path) -> None:
    data = prepared(root, range={"x": [0, 255]}, scale={"x": "native"}, flip=False)
    rng, corners = np.random.default_rng(0), set()
    for _ in range(60):
        crop = (data.train_sample(0, rng)["x"][0] + 1) * 127.5
        corner = round(crop[0, 0].item()) % 100
        expected = ramp()[corner // SIDE :, corner % SIDE :][:4, :4]
        assert (crop.numpy() % 100).round() == pytest.approx(expected)
        corners.add(corner)
    assert len(corners) > 20, "crops are from anywhere"
    centre = (data.test_sample(0)["x"][0] + 1) * 127.5
    assert centre.numpy() == pytest.approx(ramp()[3:7, 3:7], abs=1e-4)


def test_native_needs_images_as_large_as_a_crop(root: Path) -> None:
    with pytest.raises(DataError, match="10 x 10 px, smaller than a crop of 16 x 16 px"):
        prepared(root, size=16, scale="native").inspect()
    data = prepared(root, size=16, scale="native")
    with pytest.raises(DataError, match=r"smaller than a crop.* scale = \"cover\""):
        data.test_sample(0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"aspect": "squash"}, 'aspect = "squash" resizes images'),
        ({"resize": 300}, 'resize is for scale = "cover"'),
    ],
)
def test_native_contradicts_resizing(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Folders(scale="native", **settings)  # type: ignore[arg-type]


def test_a_pair_is_cut_alike() -> None:
    with pytest.raises(ValueError, match="give one scale for both"):
        PairedFolders(scale={"x": "native"})
