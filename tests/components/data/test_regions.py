"""Regions of image files, against the same boxes of the whole image."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import open_regions, read_header, read_image
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

SIZE = 45, 70
WAYS: list[dict[str, Any]] = [
    {"rowsperstrip": 45},
    {"rowsperstrip": 7, "byteorder": ">"},
    {"tile": (16, 32)},
    {"tile": (16, 16), "compression": "zlib", "predictor": True, "bigtiff": True},
    {"rowsperstrip": 4, "compression": "zlib", "byteorder": ">"},
    {"planarconfig": "separate", "tile": (32, 16), "compression": "zlib"},
    {"planarconfig": "separate", "rowsperstrip": 5},
]


def noise(bands: int, dtype: str = "uint8") -> NDArray[Any]:
    return np.random.default_rng(bands).integers(0, 200, (*SIZE, bands)).astype(dtype)


def boxes(size: tuple[int, int], count: int = 12) -> list[tuple[int, int, int, int]]:
    rng = np.random.default_rng(size)
    drawn = []
    for _ in range(count):
        (top, end), (left, right) = (np.sort(rng.choice(side + 1, 2, False)) for side in size)
        drawn.append((int(top), int(left), int(end - top), int(right - left)))
    return [*drawn, (0, 0, *size), (size[0] - 1, size[1] - 1, 1, 1)]


def assert_regions_equal_the_whole(path: Path, variable: Variable) -> None:
    whole = read_image(path, variable)
    with open_regions(path, variable) as regions:
        assert regions is not None
        assert regions.size == whole.shape[1:]
        for top, left, height, width in boxes(regions.size):
            part = regions.read((top, left, height, width))
            wanted = whole[:, top : top + height, left : left + width]
            assert part.dtype == whole.dtype
            assert torch.equal(part, wanted), (top, left, height, width)


@pytest.mark.parametrize("how", WAYS, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_tiff(tmp_path: Path, how: dict[str, Any], dtype: str) -> None:
    array = noise(3, dtype)
    stored = np.moveaxis(array, -1, 0) if "planarconfig" in how else array
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", metadata=None, **how)
    assert_regions_equal_the_whole(tmp_path / "a.tif", Variable())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff(tmp_path: Path, orientation: int) -> None:
    """A region is upright, as the image is."""
    tifffile.imwrite(
        tmp_path / "a.tif", noise(3), photometric="rgb", metadata=None, rowsperstrip=6,
        extratags=[(274, "H", 1, orientation, True)],
    )  # fmt: skip
    assert_regions_equal_the_whole(tmp_path / "a.tif", Variable())


def test_opacity_and_a_palette(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", noise(4), photometric="rgb", metadata=None, tile=(16, 16),
        extrasamples=["unassalpha"],
    )  # fmt: skip
    assert_regions_equal_the_whole(tmp_path / "a.tif", Variable())
    table = np.random.default_rng(0).integers(0, 65536, (3, 256), dtype=np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", noise(1)[..., 0], photometric="palette", colormap=table, metadata=None
    )
    assert_regions_equal_the_whole(tmp_path / "a.tif", Variable())


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_in_tiff(tmp_path: Path, mode: str) -> None:
    pytest.importorskip("imagecodecs")
    picture = Image.fromarray(noise(3)).convert(mode)
    picture.save(tmp_path / "a.tif", compression="jpeg", tiffinfo={278: 16})
    assert_regions_equal_the_whole(tmp_path / "a.tif", Variable(len(mode)))


@pytest.mark.parametrize(("bands", "top"), list(itertools.product([1, 3], [199, 255, 4095, 65535])))
def test_netpbm(tmp_path: Path, bands: int, top: int) -> None:
    dtype = ">u2" if top > 255 else "u1"
    header = f"P{5 if bands == 1 else 6} {SIZE[1]} {SIZE[0]} {top}\n".encode()
    (tmp_path / "a.pnm").write_bytes(header + noise(bands).astype(dtype).tobytes())
    assert_regions_equal_the_whole(tmp_path / "a.pnm", Variable(bands))


def test_formats_without_regions(tmp_path: Path) -> None:
    Image.fromarray(noise(3)).save(tmp_path / "a.png")
    (tmp_path / "a.pgm").write_bytes(b"P2 2 1 255\n7 8\n")
    for name in ("a.png", "a.pgm"):
        with open_regions(tmp_path / name) as regions:
            assert regions is None


@pytest.mark.parametrize("how", WAYS[:5], ids=str)
def test_an_image_of_any_size_is_opened_for_its_regions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    path, array = tmp_path / "a.tif", noise(3)
    tifffile.imwrite(path, array, photometric="rgb", metadata=None, **how)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    for refused in (read_image, read_header):
        with pytest.raises(DataError, match="pixels; cut it into tiles"):
            refused(path)
    assert read_header(path, whole=False).size == SIZE
    with open_regions(path) as regions:
        assert regions is not None
        part = regions.read((30, 50, 9, 8))
    assert np.array_equal(part, array[30:39, 50:58].transpose(2, 0, 1))


def test_a_large_image_without_regions_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(noise(3)).save(tmp_path / "a.png")
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 100)
    with (
        pytest.raises(DataError, match="pixels; cut it into tiles"),
        open_regions(tmp_path / "a.png"),
    ):
        pass


@pytest.mark.parametrize("tag", [256, 257])
def test_an_image_of_no_pixels(tmp_path: Path, tag: int) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(3), photometric="rgb", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as opened:
        opened.pages[0].aspage().tags[tag].overwrite(0)
    for whole in (True, False):
        with pytest.raises(DataError, match=r"a\.tif cannot be read: it has no pixels"):
            read_header(tmp_path / "a.tif", whole=whole)


@pytest.mark.parametrize("box", [(0, 0, 46, 1), (0, 69, 1, 2), (-1, 0, 2, 2), (0, 0, 0, 3)])
def test_a_box_beyond_the_image(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(3), photometric="rgb", metadata=None)
    with open_regions(tmp_path / "a.tif") as regions:
        assert regions is not None
        with pytest.raises(ValueError, match="is not within an image"):
            regions.read(box)


def test_an_error_in_the_block_is_the_callers(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(3), photometric="rgb", metadata=None)
    with pytest.raises(KeyError, match="mine"), open_regions(tmp_path / "a.tif"):
        raise KeyError("mine")


@pytest.mark.parametrize("how", WAYS[:2], ids=str)
def test_rows_that_are_cut_off_are_missed_at_once(tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise(3), photometric="rgb", metadata=None, **how)
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])
    with (
        pytest.raises(DataError, match=r"a\.tif cannot be read: it ends before its last row"),
        open_regions(path),
    ):
        pass


@pytest.mark.parametrize("how", WAYS[2:5], ids=str)
def test_only_what_a_box_needs_must_be_there(tmp_path: Path, how: dict[str, Any]) -> None:
    """The directory first, so that the file can be cut off."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise(3), photometric="rgb", metadata=None, **how)
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])
    with open_regions(path) as regions:
        assert regions is not None
        assert regions.read((0, 0, 3, 3)).shape == (3, 3, 3)
        with pytest.raises(DataError, match=r"a\.tif cannot be read: it ends before its last row"):
            regions.read((40, 60, 3, 3))
