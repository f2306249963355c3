"""Which pages of a TIFF are planes of one stack, and in which order."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from ganzoo.components.data.image_files import open_regions, read_header
from ganzoo.components.readers.installed_readers import find_reader
from ganzoo.interfaces import Variable

STACK = np.random.default_rng(0).integers(0, 60000, (6, 40, 50), dtype=np.uint16)


def read_planes(path: Path) -> list[NDArray[Any]]:
    """Every plane by the reader, and once more by its regions."""
    with path.open("rb") as file, find_reader(b"II*\0" + bytes(16), path).open(file) as source:
        pages = range(source.header.pages)
        whole = [source.read(page).values[..., 0] for page in pages]
        assert source.read_region is not None
        for page, plane in zip(reversed(pages), reversed(whole), strict=True):
            part = source.read_region((3, 7, 11, 23), page).values[..., 0]
            assert np.array_equal(part, plane[3:14, 7:30])
        return whole


def written(path: Path, **how: Any) -> Path:
    tifffile.imwrite(path, STACK, photometric="minisblack", **how)
    return path


@pytest.mark.parametrize(
    "how",
    [
        {"metadata": None},
        {"metadata": None, "bigtiff": True, "byteorder": ">"},
        {"metadata": None, "compression": "zlib", "tile": (16, 32), "predictor": True},
        {"metadata": {"axes": "QYX"}},
        {"metadata": {}, "contiguous": True},
        {"imagej": True},
        {"imagej": True, "metadata": {"axes": "ZYX"}, "compression": "zlib"},
        {"ome": True},
    ],
    ids=str,
)
def test_all_planes_are_read(tmp_path: Path, how: dict[str, Any]) -> None:
    planes = read_planes(written(tmp_path / "a.tif", **how))
    assert np.array_equal(planes, STACK)


@pytest.mark.parametrize("how", [{"imagej": True}, {"metadata": {"axes": "QYX"}}], ids=str)
@pytest.mark.parametrize("rows", [7, 40])
def test_planes_without_tags_of_their_own(tmp_path: Path, how: dict[str, Any], rows: int) -> None:
    """ImageJ may write one directory for all of a stack."""
    path = written(tmp_path / "a.tif", truncate=True, rowsperstrip=rows, **how)
    with tifffile.TiffFile(path) as opened:
        assert len(opened.pages) == 1
    assert np.array_equal(read_planes(path), STACK)


def test_a_stack_that_claims_more_planes_than_it_has(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", imagej=True, truncate=True)
    with tifffile.TiffFile(path) as opened:
        start = opened.pages[0].aspage().dataoffsets[0]
    content = path.read_bytes().replace(b"images=6", b"images=9")
    path.write_bytes(content[: start + 4 * STACK[0].nbytes + 100])
    planes = read_planes(path)
    assert np.array_equal(planes, STACK[:4])


@pytest.mark.parametrize("order", ["XYZCT", "XYCZT", "XYTCZ", "XYCTZ"])
def test_planes_in_the_order_of_ome_axes(tmp_path: Path, order: str) -> None:
    """As tifffile orders them, whatever order they are stored in."""
    sizes = {"Z": 3, "C": 2, "T": 1}
    planes = {axis: range(size) for axis, size in sizes.items()}
    axes = [axis for axis in order if axis in sizes]
    places = [
        {axes[0]: a, axes[1]: b, axes[2]: c}
        for c in planes[axes[2]]
        for b in planes[axes[1]]
        for a in planes[axes[0]]
    ]
    stored = np.random.default_rng(1).permutation(len(places)).tolist()
    data = "".join(
        f'<TiffData IFD="{page}" PlaneCount="1" '
        + " ".join(f'First{axis}="{index}"' for axis, index in places[plane].items())
        + "/>"
        for page, plane in enumerate(stored)
    )
    size = " ".join(f'Size{axis}="{count}"' for axis, count in sizes.items())
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint16" '
        f'SizeX="50" SizeY="40" {size}>{data}</Pixels></Image></OME>'
    )
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as writer:
        for page, plane in enumerate(stored):
            writer.write(
                STACK[plane], photometric="minisblack", metadata=None,
                description=xml if page == 0 else None,
            )  # fmt: skip
    assert np.array_equal(read_planes(tmp_path / "a.ome.tif"), STACK)
    second = tifffile.imread(tmp_path / "a.ome.tif", series=0)
    assert np.array_equal(second.reshape(STACK.shape), STACK)


@pytest.mark.parametrize(
    ("instead", "by"),
    [
        (b'SizeC="6"', b'SizeC="9"'),
        (b'PlaneCount="', b'PlaneCount="99999999999999'),
        (b'IFD="0"', b'IFD="5"'),
        (b"<OME ", b"<!DOCTYPE x [<!ENTITY a 'b'>]><OME "),
        (b"<OME ", b"<OME <"),
    ],
)
def test_an_impossible_order_is_that_of_the_file(tmp_path: Path, instead: bytes, by: bytes) -> None:
    path = written(tmp_path / "a.ome.tif", ome=True)
    with tifffile.TiffFile(path) as opened:
        xml = opened.ome_metadata
    assert xml is not None
    changed = xml.encode().replace(instead, by)
    assert changed != xml.encode()
    with tifffile.TiffWriter(path) as writer:
        for page, plane in enumerate(STACK):
            writer.write(
                plane, photometric="minisblack", metadata=None,
                description=changed if page == 0 else None,
            )  # fmt: skip
    assert np.array_equal(read_planes(path), STACK)


def test_pages_of_other_sizes_and_types_are_left_out_and_told(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for array in (STACK[0], STACK[1, :20], STACK[2].astype(np.float32), STACK[3]):
            writer.write(array, photometric="minisblack", metadata=None)
    planes = read_planes(tmp_path / "a.tif")
    assert np.array_equal(planes, STACK[[0, 3]])
    header = read_header(tmp_path / "a.tif", Variable(1))
    assert header.left_out == ("pages of other sizes or types, which are left out",)


def test_levels_of_a_pyramid_are_left_out(tmp_path: Path) -> None:
    for subifds in (0, 2):
        with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
            for plane in STACK[:2]:
                how: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
                writer.write(plane, **how, **({"subifds": subifds} if subifds else {}))
                for step in (2, 4):
                    writer.write(plane[::step, ::step], subfiletype=1, **how)
        assert np.array_equal(read_planes(tmp_path / "a.tif"), STACK[:2])
        assert read_header(tmp_path / "a.tif", Variable(1)).left_out == ()


def test_a_chain_of_pages_that_bites_its_tail(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", metadata=None)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as opened:
        first, last = opened.pages[0].offset, opened.pages[5].offset
    end = last + 2 + 12 * int.from_bytes(content[last : last + 2], "little")
    content[end : end + 4] = first.to_bytes(4, "little")
    path.write_bytes(content)
    assert np.array_equal(read_planes(path), STACK)


def test_regions_of_any_page(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", metadata=None)
    with open_regions(path, Variable(1)) as regions:
        assert regions is not None
        assert (regions.size, regions.pages) == ((40, 50), 6)
        level = regions.read((5, 6, 1, 1), 4).item()
        assert math.isclose(level, STACK[4, 5, 6] / 257, abs_tol=1e-3)
